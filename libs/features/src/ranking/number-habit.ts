import type { OrdinalColumn } from '../storage/ordinal-column';
import type {
  Candidates,
  FeatureColumns,
  PreparedQuery,
  RankingFeature,
  RankingFeatureSources,
} from './ranking-feature';

/** Interactions' worth of the catalogue's own spread that a short history is mixed with. */
const PRIOR_COUNT = 2;
const DISTANCE_MAX = 4;
/** A user who always buys at one price must not make every other price infinitely far. */
const DEVIATION_MIN = 0.1;

/**
 * A number attribute of the candidate: at unit scale, and relative to the user's habit, as deviations above (signed)
 * and away from (absolute) the mean of the history. The last two are 0 without a history or a value.
 */
export class NumberHabit implements RankingFeature {
  static readonly kinds = ['value', 'above-habit', 'off-habit'];
  private known = false;
  private mean = 0;
  private deviation = 1;

  private readonly column: OrdinalColumn<Float64Array>;
  private readonly standardised: (value: number) => number;

  constructor({ items, featureSet }: RankingFeatureSources, attributeName: string) {
    this.column = items.numberColumn(attributeName);
    this.standardised = featureSet.standardiser(attributeName);
  }

  begin({ history }: PreparedQuery): void {
    const { column } = this;
    let weightSum = 0;
    let sum = 0;
    let squares = 0;
    for (let entry = 0; entry < history.size; entry += 1) {
      const raw = column.at(history.ordinals[entry]);
      if (Number.isNaN(raw)) continue;
      const value = this.standardised(raw);
      const weight = history.weights[entry];
      weightSum += weight;
      sum += weight * value;
      squares += weight * value * value;
    }
    this.known = weightSum > 0;
    if (!this.known) return;
    this.mean = sum / weightSum;
    // The catalogue's variance is 1 at this scale; rounding may bring the user's a hair below 0.
    const spread = Math.max(0, squares - weightSum * this.mean * this.mean);
    const variance = (spread + PRIOR_COUNT) / (weightSum + PRIOR_COUNT);
    this.deviation = Math.max(DEVIATION_MIN, Math.sqrt(variance));
  }

  write({ ordinals }: Candidates, { matrix, offset, stride }: FeatureColumns): void {
    const { column } = this;
    for (let row = 0, at = offset; row < ordinals.length; row += 1, at += stride) {
      const raw = column.at(ordinals[row]);
      const value = this.standardised(raw);
      matrix[at] = value;
      if (!this.known || Number.isNaN(raw)) continue;
      const distance = (value - this.mean) / this.deviation;
      const bounded = Math.max(-DISTANCE_MAX, Math.min(DISTANCE_MAX, distance));
      matrix[at + 1] = bounded / 2;
      matrix[at + 2] = Math.abs(bounded) / 2;
    }
  }
}
