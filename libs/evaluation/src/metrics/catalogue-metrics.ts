import type { Ranking } from './ranking-metrics';

/** How often each id stands in the first k of any ranking. */
export function exposureCounts(rankings: readonly Ranking[], k: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (const ranking of rankings)
    for (let rank = 0; rank < Math.min(k, ranking.length); rank += 1)
      counts.set(ranking[rank], (counts.get(ranking[rank]) ?? 0) + 1);
  return counts;
}

/** Share of the catalogue that stands in the first k of at least one ranking. */
export const coverageAtK = (rankings: readonly Ranking[], catalogueSize: number, k: number): number =>
  exposureCounts(rankings, k).size / catalogueSize;

/** Exposure of every item of the catalogue, ascending; those never shown count 0. */
function sortedExposures(rankings: readonly Ranking[], catalogueSize: number, k: number): Float64Array {
  const exposures = new Float64Array(catalogueSize);
  exposures.set([...exposureCounts(rankings, k).values()]);
  return exposures.sort();
}

/** Gini coefficient of exposure over the catalogue: 0 when all items are shown alike, near 1 when one is always. */
export function giniAtK(rankings: readonly Ranking[], catalogueSize: number, k: number): number {
  const exposures = sortedExposures(rankings, catalogueSize, k);
  let sum = 0;
  let weighted = 0;
  exposures.forEach((exposure, index) => {
    sum += exposure;
    weighted += (2 * (index + 1) - catalogueSize - 1) * exposure;
  });
  return sum === 0 ? 0 : weighted / (catalogueSize * sum);
}

export interface PopularityCurvePoint {
  /** The most popular items that make up this share of the catalogue … */
  readonly itemShare: number;
  /** … get this share of all exposure in the first k. */
  readonly exposureShare: number;
}

/**
 * Where exposure goes along the popularity order: one point per tenth (or `pointCount`-th) of the catalogue.
 *
 * @param popularity past events per item of the catalogue, by id
 */
export function popularityCurve(
  rankings: readonly Ranking[],
  popularity: ReadonlyMap<number, number>,
  options: { readonly k: number; readonly pointCount?: number },
): PopularityCurvePoint[] {
  const { k, pointCount = 10 } = options;
  const exposures = exposureCounts(rankings, k);
  const items = [...popularity].sort(([idA, a], [idB, b]) => b - a || idA - idB).map(([id]) => id);
  const total = [...exposures.values()].reduce((sum, count) => sum + count, 0);
  return Array.from({ length: pointCount }, (_, index) => {
    const itemShare = (index + 1) / pointCount;
    const head = items.slice(0, Math.round(itemShare * items.length));
    const shown = head.reduce((sum, id) => sum + (exposures.get(id) ?? 0), 0);
    return { itemShare, exposureShare: total === 0 ? 0 : shown / total };
  });
}

export interface ExposureStep {
  /** This share of all exposure in the first k … */
  readonly exposureShare: number;
  /** … is made by so many items, the most shown first. */
  readonly itemCount: number;
}

const EXPOSURE_SHARES = [0.1, 0.2, 0.5, 0.8, 0.9, 1];

/** How many items make a tenth, a fifth, half … of what is shown. Nothing shown is made by no items. */
export function exposureSteps(
  rankings: readonly Ranking[],
  k: number,
  exposureShares: readonly number[] = EXPOSURE_SHARES,
): ExposureStep[] {
  const counts = Float64Array.from(exposureCounts(rankings, k).values()).sort().reverse();
  const total = counts.reduce((sum, count) => sum + count, 0);
  return exposureShares.map((exposureShare) => {
    let shown = 0;
    let itemCount = 0;
    // The slack keeps rounding from asking for one item more.
    while (itemCount < counts.length && shown < exposureShare * total - 1e-9) {
      shown += counts[itemCount];
      itemCount += 1;
    }
    return { exposureShare, itemCount };
  });
}

/**
 * Mean self-information of the first k in bits: −log₂ of the share of users who already had the item, with one user
 * added to every item so that an unknown one stays finite (Zhou et al., PNAS 2010). NaN for an empty ranking.
 */
export function noveltyAtK(
  ranking: Ranking,
  userCounts: ReadonlyMap<number, number>,
  options: { readonly userCount: number; readonly k: number },
): number {
  const shown = Math.min(options.k, ranking.length);
  let sum = 0;
  for (let rank = 0; rank < shown; rank += 1)
    sum -= Math.log2(((userCounts.get(ranking[rank]) ?? 0) + 1) / (options.userCount + 1));
  return sum / shown;
}

/** Mean of 1 − similarity over all pairs of the first k (Ziegler et al., WWW 2005); NaN below two. */
export function intraListDiversityAtK(
  ranking: Ranking,
  similarity: (left: number, right: number) => number,
  k: number,
): number {
  const shown = Math.min(k, ranking.length);
  let sum = 0;
  for (let left = 0; left < shown; left += 1)
    for (let right = left + 1; right < shown; right += 1)
      sum += 1 - similarity(ranking[left], ranking[right]);
  return sum / ((shown * (shown - 1)) / 2);
}
