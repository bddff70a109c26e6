import type {
  Candidates,
  FeatureColumns,
  PreparedQuery,
  RankingFeature,
  RankingFeatureSources,
} from './ranking-feature';
import { SparseScores } from './sparse-scores';
import type { CategoryColumn } from '../storage/category-column';

/** Interactions' worth of the catalogue's own mix that a short history is mixed with. */
const PRIOR_COUNT = 2;
const BASE_RATE_MIN = 1e-4;
const LIFT_SCALE = 0.5;

/** Share of the present items that carry each code, never quite 0, measured once on the table as loaded. */
function baseRatesOf(column: CategoryColumn, { items }: RankingFeatureSources): Float32Array {
  const rates = new Float32Array(column.dictionarySize);
  for (let ordinal = 0; ordinal < items.ordinalLimit; ordinal += 1) {
    if (!items.has(ordinal)) continue;
    const end = column.start(ordinal) + column.length(ordinal);
    for (let at = column.start(ordinal); at < end; at += 1) rates[column.pool[at]] += 1 / items.count;
  }
  return rates.map((rate) => Math.max(BASE_RATE_MIN, rate));
}

/**
 * How much of the history shares the candidate's categories, above what the catalogue's mix explains: share minus
 * base rate over the whole history, the same weighted to the newest, and the logarithm of the latter's lift.
 * Means over the candidate's values; 0 without history or categories.
 */
export class CategoryAffinity implements RankingFeature {
  static readonly kinds = ['affinity', 'recent-affinity', 'recent-lift'];
  private readonly column: CategoryColumn;
  private readonly baseRates: Float32Array;
  private readonly counts = new SparseScores();
  private readonly recentCounts = new SparseScores();
  private countSum = 0;
  private recentSum = 0;

  constructor(sources: RankingFeatureSources, attributeName: string) {
    this.column = sources.items.categoryColumn(attributeName);
    this.baseRates = baseRatesOf(this.column, sources);
  }

  begin({ history }: PreparedQuery): void {
    const { column } = this;
    this.counts.clear();
    this.recentCounts.clear();
    this.countSum = 0;
    this.recentSum = 0;
    for (let entry = 0; entry < history.size; entry += 1) {
      const begin = column.start(history.ordinals[entry]);
      const end = begin + column.length(history.ordinals[entry]);
      if (end === begin) continue;
      this.countSum += history.weights[entry];
      this.recentSum += history.recencyWeights[entry];
      for (let at = begin; at < end; at += 1) {
        this.counts.add(column.pool[at], history.weights[entry]);
        this.recentCounts.add(column.pool[at], history.recencyWeights[entry]);
      }
    }
  }

  write({ ordinals }: Candidates, { matrix, offset, stride }: FeatureColumns): void {
    const { pool } = this.column;
    for (let row = 0, to = offset; row < ordinals.length; row += 1, to += stride) {
      const begin = this.column.start(ordinals[row]);
      const length = this.column.length(ordinals[row]);
      let affinity = 0;
      let recentAffinity = 0;
      let lift = 0;
      for (let at = begin; at < begin + length; at += 1) {
        const code = pool[at];
        const base = code < this.baseRates.length ? this.baseRates[code] : BASE_RATE_MIN;
        const prior = PRIOR_COUNT * base;
        const recentShare = (this.recentCounts.get(code) + prior) / (this.recentSum + PRIOR_COUNT);
        affinity += (this.counts.get(code) + prior) / (this.countSum + PRIOR_COUNT) - base;
        recentAffinity += recentShare - base;
        lift += Math.log(recentShare / base);
      }
      const scale = length === 0 ? 0 : 1 / length;
      matrix[to] = affinity * scale;
      matrix[to + 1] = recentAffinity * scale;
      matrix[to + 2] = lift * scale * LIFT_SCALE;
    }
  }
}
