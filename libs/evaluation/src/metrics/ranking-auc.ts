export interface RankingAucOptions {
  /** Ordinals, parallel to `scores`. */
  readonly vocabulary: Uint32Array;
  readonly scores: ArrayLike<number>;
  readonly relevant: ReadonlySet<number>;
  /** Ordinals that take no part. */
  readonly excluded: ReadonlySet<number>;
}

/**
 * The chance that a relevant item scores above one that is not, over the whole vocabulary and not a sample of it, ties
 * counting half. NaN when either kind is missing. O(vocabulary · log relevant).
 */
export function rankingAuc({ vocabulary, scores, relevant, excluded }: RankingAucOptions): number {
  const positives: number[] = [];
  const others: number[] = [];
  vocabulary.forEach((ordinal, index) => {
    if (relevant.has(ordinal)) positives.push(scores[index]);
    else if (!excluded.has(ordinal)) others.push(scores[index]);
  });
  const sorted = Float64Array.from(positives).sort();
  let above = 0;
  for (const score of others) {
    const first = firstAtLeast(sorted, score);
    let tied = 0;
    while (first + tied < sorted.length && sorted[first + tied] === score) tied += 1;
    above += sorted.length - first - tied / 2;
  }
  return above / (sorted.length * others.length);
}

/** Index of the first value that is not below `score`. */
function firstAtLeast(sorted: Float64Array, score: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < score) low = middle + 1;
    else high = middle;
  }
  return low;
}
