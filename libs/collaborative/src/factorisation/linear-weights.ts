import { BestFirst, LinearWeights, type InteractionColumns } from '@winnow/features';
import { distinctItems, userSequences, type UserSequences } from '../interactions/user-sequences';
import { invertByBlocks, type MatrixProduct } from '../linear-algebra/invert-by-blocks';

export interface LinearWeightOptions {
  /** λ of EASE, added to the diagonal: the more, the smoother. */
  readonly regularisation: number;
  /** The most frequent items that are covered; time grows with its cube, memory with its square. */
  readonly itemCountMax: number;
  /** Rarer items are left out: their weights would be next to nothing. */
  readonly userCountMin: number;
  /** Weights kept of each item, the largest by size. */
  readonly weightCountMax: number;
  /** Newest distinct items of a user that count; bounds the work to its square per user. */
  readonly historyCountMax: number;
}

/**
 * EASEᴿ (Steck, WWW 2019) over the most frequent items, cut to each item's largest weights: P = (XᵀX + λI)⁻¹,
 * Bᵢⱼ = −Pᵢⱼ ÷ Pⱼⱼ, with X the binary users × items matrix. Deterministic.
 *
 * @param past who turned to what, oldest first
 * @param multiply does nearly all of the work
 *
 * O(items³ + Σ over users of history²) time, O(items²) memory, whatever the catalogue's size.
 */
export async function fitLinearWeights(
  past: InteractionColumns,
  options: LinearWeightOptions,
  multiply: MatrixProduct,
): Promise<LinearWeights> {
  const vocabulary = frequentItems(past, options);
  const size = vocabulary.length;
  const histories = distinctItems(userSequences({ past, vocabulary }));
  const inverse = await invertByBlocks(regularisedGram(histories, options), size, multiply);
  const best = new BestFirst(options.weightCountMax);
  const offsets = new Uint32Array(size + 1);
  const columns = new Uint32Array(size * Math.min(options.weightCountMax, Math.max(0, size - 1)));
  const weights = new Float32Array(columns.length);
  const weightOf = (from: number, to: number): number => -inverse[from * size + to] / inverse[to * size + to];
  for (let from = 0, entry = 0; from < size; from += 1) {
    for (let to = 0; to < size; to += 1) {
      const strength = Math.abs(weightOf(from, to));
      if (to !== from && best.wants(strength)) best.offer(to, strength);
    }
    // In the vocabulary's order, so that adding a row up walks forwards through memory.
    for (const to of best.take().ordinals.sort()) {
      columns[entry] = to;
      weights[entry] = weightOf(from, to);
      entry += 1;
    }
    offsets[from + 1] = entry;
  }
  return new LinearWeights({ vocabulary, offsets, columns, weights });
}

/** Ordinals of the items that most users had, ascending. O(interactions + ordinals). */
function frequentItems(
  past: InteractionColumns,
  { itemCountMax, userCountMin }: LinearWeightOptions,
): Uint32Array {
  const limit = past.ordinals.reduce((highest, ordinal) => Math.max(highest, ordinal), -1) + 1;
  const everything = Uint32Array.from({ length: limit }, (_, ordinal) => ordinal);
  const { items } = distinctItems(userSequences({ past, vocabulary: everything }));
  const userCounts = new Uint32Array(limit);
  for (const item of items) userCounts[item] += 1;
  const best = new BestFirst(itemCountMax);
  userCounts.forEach((count, ordinal) => {
    if (count >= userCountMin) best.offer(ordinal, count);
  });
  return best.take().ordinals.sort();
}

/** XᵀX + λI [items, items]. */
function regularisedGram(
  { offsets, items, itemCount }: UserSequences,
  { regularisation, historyCountMax }: LinearWeightOptions,
): Float32Array {
  const gram = new Float32Array(itemCount * itemCount);
  for (let user = 0; user + 1 < offsets.length; user += 1) {
    const end = offsets[user + 1];
    const begin = Math.max(offsets[user], end - historyCountMax);
    for (let row = begin; row < end; row += 1)
      for (let column = begin; column < end; column += 1) gram[items[row] * itemCount + items[column]] += 1;
  }
  for (let item = 0; item < itemCount; item += 1) gram[item * itemCount + item] += regularisation;
  return gram;
}
