/** Ids best first; only the first k are looked at. */
export type Ranking = ArrayLike<number>;

/** How many of the first k are relevant. O(k). */
export function hitCount(ranking: Ranking, relevant: ReadonlySet<number>, k: number): number {
  let hits = 0;
  for (let rank = 0; rank < Math.min(k, ranking.length); rank += 1)
    if (relevant.has(ranking[rank])) hits += 1;
  return hits;
}

/** Hits in the first k ÷ all relevant; 0 when nothing is relevant. */
export const recallAtK = (ranking: Ranking, relevant: ReadonlySet<number>, k: number): number =>
  relevant.size === 0 ? 0 : hitCount(ranking, relevant, k) / relevant.size;

/** Hits in the first k ÷ k, also when the ranking is shorter. */
export const precisionAtK = (ranking: Ranking, relevant: ReadonlySet<number>, k: number): number =>
  hitCount(ranking, relevant, k) / k;

/** 1 when the first k hold a relevant id, else 0. */
export const hitRateAtK = (ranking: Ranking, relevant: ReadonlySet<number>, k: number): number =>
  hitCount(ranking, relevant, k) > 0 ? 1 : 0;

/** 1 ÷ position of the first relevant id within k; 0 when there is none. Its mean is the MRR. */
export function reciprocalRankAtK(ranking: Ranking, relevant: ReadonlySet<number>, k: number): number {
  for (let rank = 0; rank < Math.min(k, ranking.length); rank += 1)
    if (relevant.has(ranking[rank])) return 1 / (rank + 1);
  return 0;
}

const discount = (rank: number): number => 1 / Math.log2(rank + 2);

/**
 * Normalised discounted cumulative gain with binary relevance: Σ over hits of 1 ÷ log₂(position + 1), divided by
 * what the ideal order of min(k, relevant) hits would reach (Järvelin and Kekäläinen, TOIS 2002).
 */
export function ndcgAtK(ranking: Ranking, relevant: ReadonlySet<number>, k: number): number {
  if (relevant.size === 0) return 0;
  let gain = 0;
  for (let rank = 0; rank < Math.min(k, ranking.length); rank += 1)
    if (relevant.has(ranking[rank])) gain += discount(rank);
  let ideal = 0;
  for (let rank = 0; rank < Math.min(k, relevant.size); rank += 1) ideal += discount(rank);
  return gain / ideal;
}
