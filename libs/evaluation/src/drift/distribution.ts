import { invariant } from '@winnow/domain';

/** What is kept of the values of a number: bins with about equal counts, and quantiles. */
export interface NumberDistribution {
  readonly kind: 'number';
  /** What was drawn independently, such as users: several values of one user are not. */
  readonly sampleCount: number;
  /** Ascending; bin `i` holds values from `edges[i - 1]` to below `edges[i]`, the first and last have no end. */
  readonly edges: readonly number[];
  /** One more than edges. */
  readonly counts: readonly number[];
  /** Values at evenly spaced ranks, the least and the greatest among them. */
  readonly quantiles: readonly number[];
}

/** What is kept of the values of a category: the most frequent ones, and the rest together. */
export interface CategoryDistribution {
  readonly kind: 'category';
  readonly sampleCount: number;
  readonly names: readonly string[];
  /** One per name, then one for all others. */
  readonly counts: readonly number[];
}

export type Distribution = NumberDistribution | CategoryDistribution;

const BIN_COUNT = 10;
const QUANTILE_COUNT = 101;
const CATEGORY_COUNT_MAX = 20;

/** Bins, counts and quantiles of values; values that are frequent get a bin of their own. O(n log n). */
export function numberDistribution(values: ArrayLike<number>, sampleCount: number): NumberDistribution {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))];
  const quantiles =
    sorted.length === 0
      ? []
      : Array.from({ length: QUANTILE_COUNT }, (_, index) => at(index / (QUANTILE_COUNT - 1)));
  const cuts = Array.from({ length: BIN_COUNT - 1 }, (_, index) => at((index + 1) / BIN_COUNT));
  const edges = sorted.length === 0 ? [] : [...new Set(cuts)].filter((cut) => cut > sorted[0]);
  return { kind: 'number', sampleCount, edges, counts: countsBetween(edges, sorted), quantiles };
}

/** How many values lie between the edges: one count more than edges. O(n log edges). */
export function countsBetween(edges: readonly number[], values: ArrayLike<number>): number[] {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (let index = 0; index < values.length; index += 1) {
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (values[index] >= edges[middle]) low = middle + 1;
      else high = middle;
    }
    counts[low] += 1;
  }
  return counts;
}

/** Counts by name, most frequent first; the rarest share the last count. */
export function categoryDistribution(
  countOf: ReadonlyMap<string, number>,
  sampleCount: number,
): CategoryDistribution {
  const names = [...countOf]
    .sort(([left, more], [right, fewer]) => fewer - more || (left < right ? -1 : 1))
    .slice(0, CATEGORY_COUNT_MAX)
    .map(([name]) => name);
  return { kind: 'category', sampleCount, names, counts: countsOfNames(names, countOf) };
}

/** Counts of these names, and of all others together. */
export function countsOfNames(names: readonly string[], countOf: ReadonlyMap<string, number>): number[] {
  const named = names.map((name) => countOf.get(name) ?? 0);
  const total = [...countOf.values()].reduce((sum, count) => sum + count, 0);
  return [...named, total - named.reduce((sum, count) => sum + count, 0)];
}

/** Share of the reference's values that are at most `value`, from its quantiles. */
export function shareUpTo({ quantiles }: NumberDistribution, value: number): number {
  invariant(quantiles.length > 0, 'an empty reference has no shares');
  let low = 0;
  let high = quantiles.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (quantiles[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low / quantiles.length;
}
