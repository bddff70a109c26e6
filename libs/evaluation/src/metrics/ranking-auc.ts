export interface RankingAucOptions {
  readonly scores: ArrayLike<number>;
  /** Indices of `scores` that are relevant, distinct. */
  readonly relevant: readonly number[];
  /** Indices that take no part, distinct, none of them relevant. */
  readonly excluded: readonly number[];
}

/**
 * The chance that a relevant item scores above one that is not, over the whole vocabulary and not a sample of it, ties
 * counting half. NaN when either kind is missing. O(vocabulary · log relevant).
 */
export function rankingAuc({ scores, relevant, excluded }: RankingAucOptions): number {
  const otherCount = scores.length - relevant.length - excluded.length;
  if (relevant.length === 0 || otherCount <= 0) return NaN;
  const sorted = Float64Array.from(relevant, (index) => scores[index]).sort();
  // All items first, and then those that take no part again: looking each of them up would cost more than the sums.
  let above = 0;
  for (let index = 0; index < scores.length; index += 1) above += countAbove(sorted, scores[index]);
  for (const index of relevant) above -= countAbove(sorted, scores[index]);
  for (const index of excluded) above -= countAbove(sorted, scores[index]);
  return above / (relevant.length * otherCount);
}

/** How many of the ascending values lie above the score, ties counting half. */
function countAbove(sorted: Float64Array, score: number): number {
  if (score < sorted[0]) return sorted.length;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < score) low = middle + 1;
    else high = middle;
  }
  let tied = 0;
  while (low + tied < sorted.length && sorted[low + tied] === score) tied += 1;
  return sorted.length - low - tied / 2;
}
