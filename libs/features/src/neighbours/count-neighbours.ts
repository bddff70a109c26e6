import { BestFirst } from '../counters/best-first';
import type { NeighbourTableOptions } from './neighbour-table';
import { userHistories, type InteractionColumns, type UserHistories } from './user-histories';

interface NeighbourRows {
  readonly offsets: Uint32Array;
  readonly ordinals: Uint32Array;
  readonly scores: Float32Array;
}

/** Entries of the histories grouped by item: the inverted lists that let one row be counted at a time. */
function invert({ ordinals, ordinalLimit }: UserHistories): { offsets: Uint32Array; entries: Uint32Array } {
  const offsets = new Uint32Array(ordinalLimit + 1);
  for (const ordinal of ordinals) offsets[ordinal + 1] += 1;
  for (let row = 0; row < ordinalLimit; row += 1) offsets[row + 1] += offsets[row];
  const next = offsets.slice();
  const entries = new Uint32Array(ordinals.length);
  for (let entry = 0; entry < ordinals.length; entry += 1) entries[next[ordinals[entry]]++] = entry;
  return { offsets, entries };
}

/** What a pair counts, by how many steps lie between: [0] for the same moment. */
function proximityBySteps(options: Required<NeighbourTableOptions>): Float64Array {
  const { historyCountMax, farWeight, halfLifeSteps } = options;
  return Float64Array.from(
    { length: historyCountMax + 1 },
    (_, steps) => farWeight + (1 - farWeight) * 2 ** (-Math.max(0, steps - 1) / halfLifeSteps),
  );
}

/** Co-occurrence weights of one item with all others; only the touched cells are read and cleared again. */
class RowAccumulator {
  readonly touched: Uint32Array;
  readonly weights: Float64Array;
  size = 0;

  constructor(ordinalLimit: number) {
    this.touched = new Uint32Array(ordinalLimit);
    this.weights = new Float64Array(ordinalLimit);
  }

  add(ordinal: number, weight: number): void {
    // A cell counts as touched once it is above zero; one that stays there would be listed again and again.
    if (weight === 0) return;
    if (this.weights[ordinal] === 0) this.touched[this.size++] = ordinal;
    this.weights[ordinal] += weight;
  }

  clear(): void {
    for (let index = 0; index < this.size; index += 1) this.weights[this.touched[index]] = 0;
    this.size = 0;
  }
}

/** Counts, normalises and cuts every row to its best neighbours. */
export function countNeighbours(
  events: InteractionColumns,
  options: Required<NeighbourTableOptions>,
): NeighbourRows {
  const histories = userHistories(events, options.historyCountMax);
  const { ordinalLimit } = histories;
  const inverted = invert(histories);
  const userCounts = Float64Array.from(
    { length: ordinalLimit },
    (_, row) => inverted.offsets[row + 1] - inverted.offsets[row],
  );
  const norms = userCounts.map((count) => Math.max(1, count) ** options.popularityExponent);
  const ownNorms = userCounts.map((count) => Math.max(1, count) ** (1 - options.popularityExponent));
  const proximity = proximityBySteps(options);
  const row = new RowAccumulator(ordinalLimit);
  const best = new BestFirst(options.neighbourCountMax);
  const offsets = new Uint32Array(ordinalLimit + 1);
  const rows: { ordinals: Uint32Array; scores: Float32Array }[] = [];
  for (let ordinal = 0; ordinal < ordinalLimit; ordinal += 1) {
    for (let at = inverted.offsets[ordinal]; at < inverted.offsets[ordinal + 1]; at += 1)
      addHistory({ histories, entry: inverted.entries[at], proximity, options, row });
    for (let index = 0; index < row.size; index += 1) {
      const other = row.touched[index];
      const score = row.weights[other] / (ownNorms[ordinal] * norms[other] + options.shrinkage);
      if (best.wants(score)) best.offer(other, score);
    }
    row.clear();
    rows.push(best.take());
    offsets[ordinal + 1] = offsets[ordinal] + rows[ordinal].ordinals.length;
  }
  const ordinals = new Uint32Array(offsets[ordinalLimit]);
  const scores = new Float32Array(offsets[ordinalLimit]);
  rows.forEach((kept, index) => {
    ordinals.set(kept.ordinals, offsets[index]);
    scores.set(kept.scores, offsets[index]);
  });
  return { offsets, ordinals, scores };
}

/** Adds all other entries of the history that `entry` stands in. */
function addHistory(pair: {
  readonly histories: UserHistories;
  readonly entry: number;
  readonly proximity: Float64Array;
  readonly options: Required<NeighbourTableOptions>;
  readonly row: RowAccumulator;
}): void {
  const { histories, entry, proximity, options, row } = pair;
  const { ordinals, steps, offsets } = histories;
  const user = histories.users[entry];
  const begin = offsets[user];
  const end = offsets[user + 1];
  const step = steps[entry];
  const { backwardWeight } = options;
  for (let other = begin; other < end; other += 1) {
    if (other === entry) continue;
    const later = steps[other] - step;
    row.add(ordinals[other], later >= 0 ? proximity[later] : backwardWeight * proximity[-later]);
  }
}
