import { shuffle } from '@winnow/domain';
import type { Random } from '@winnow/domain';
import type { TrainingFrame } from './training-frame';

/** Consecutive queries of one user that share history slots; the smallest thing a batch is packed from. */
export interface TrainingUnit {
  readonly user: number;
  /** Queries `[queryFrom, queryTo)`, restricted to the pairs `[pairFrom, pairTo)`. */
  readonly queryFrom: number;
  readonly queryTo: number;
  readonly pairFrom: number;
  readonly pairTo: number;
  /** Events that any of the queries sees: `[slotFrom, slotTo)`. */
  readonly slotFrom: number;
  readonly slotTo: number;
}

export interface BatchPlanOptions {
  readonly frame: TrainingFrame;
  /** Pairs in a batch. */
  readonly batchSize: number;
  /** Pairs of one user in a batch: many enough to share the history's cost, few enough for in-batch negatives. */
  readonly unitSize: number;
  /** Only queries for which this holds are trained on. */
  readonly accept: (query: number) => boolean;
}

/** Cuts every user's queries into units. O(queries). */
export function planUnits({ frame, unitSize, accept }: Omit<BatchPlanOptions, 'batchSize'>): TrainingUnit[] {
  const units: TrainingUnit[] = [];
  for (let query = 0; query < frame.queryCount;) {
    if (!accept(query)) {
      query += 1;
      continue;
    }
    const user = frame.queryUsers[query];
    let queryTo = query + 1;
    const pairs = (to: number): number => frame.pairOffsets[to] - frame.pairOffsets[query];
    while (
      queryTo < frame.queryCount &&
      frame.queryUsers[queryTo] === user &&
      accept(queryTo) &&
      pairs(queryTo + 1) <= unitSize
    )
      queryTo += 1;
    // One moment may hold more pairs than a unit: it is cut, and each part sees the same history.
    for (let pairFrom = frame.pairOffsets[query]; pairFrom < frame.pairOffsets[queryTo]; pairFrom += unitSize)
      units.push({
        user,
        queryFrom: query,
        queryTo,
        pairFrom,
        pairTo: Math.min(frame.pairOffsets[queryTo], pairFrom + unitSize),
        slotFrom: frame.historyFrom[query],
        slotTo: frame.historyTo[queryTo - 1],
      });
    query = queryTo;
  }
  return units;
}

/** Packs shuffled units into batches of about `batchSize` pairs and at most `8 · batchSize` slots. */
export function packBatches(
  units: readonly TrainingUnit[],
  { batchSize, random }: { readonly batchSize: number; readonly random: Random },
): TrainingUnit[][] {
  const order = shuffle(
    Uint32Array.from(units, (_, index) => index),
    random,
  );
  const batches: TrainingUnit[][] = [];
  let batch: TrainingUnit[] = [];
  let [pairCount, slotCount] = [0, 0];
  for (const index of order) {
    const unit = units[index];
    const [pairs, slots] = [unit.pairTo - unit.pairFrom, unit.slotTo - unit.slotFrom];
    if (batch.length > 0 && (pairCount + pairs > batchSize || slotCount + slots > 8 * batchSize)) {
      batches.push(batch);
      batch = [];
      [pairCount, slotCount] = [0, 0];
    }
    batch.push(unit);
    pairCount += pairs;
    slotCount += slots;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
