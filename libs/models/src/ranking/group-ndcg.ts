import type { RankingExamples } from '../ranking-examples';

/** Ranks of a group's rows by score, best first; ties by position. */
export function orderOfGroup(scores: ArrayLike<number>, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, row) => from + row).sort(
    (left, right) => scores[right] - scores[left] || left - right,
  );
}

/**
 * Mean NDCG@k of scores over the groups of some queries, with gains from one number per row. Groups without gain are
 * left out.
 */
export function groupNdcg(
  examples: Pick<RankingExamples, 'groupOffsets'>,
  {
    queries,
    scores,
    gains,
    k,
  }: { queries: ArrayLike<number>; scores: ArrayLike<number>; gains: ArrayLike<number>; k: number },
): number {
  let sum = 0;
  let count = 0;
  for (let index = 0; index < queries.length; index += 1) {
    const [from, to] = [examples.groupOffsets[queries[index]], examples.groupOffsets[queries[index] + 1]];
    const ideal = discounted(
      Array.from({ length: to - from }, (_, row) => gains[from + row]).sort((a, b) => b - a),
      k,
    );
    if (!(ideal > 0)) continue;
    sum +=
      discounted(
        orderOfGroup(scores, from, to).map((row) => gains[row]),
        k,
      ) / ideal;
    count += 1;
  }
  return count > 0 ? sum / count : 0;
}

const discounted = (gains: readonly number[], k: number): number =>
  gains.slice(0, k).reduce((sum, gain, rank) => sum + Math.max(0, gain) / Math.log2(rank + 2), 0);
