import type {
  CandidateInHand,
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

  constructor(
    private readonly sources: RankingFeatureSources,
    private readonly attributeName: string,
  ) {}

  begin({ history }: PreparedQuery): void {
    const { items, featureSet } = this.sources;
    let weightSum = 0;
    let sum = 0;
    let squares = 0;
    for (let entry = 0; entry < history.size; entry += 1) {
      const raw = items.number(this.attributeName, history.ordinals[entry]);
      if (Number.isNaN(raw)) continue;
      const value = featureSet.standardised(this.attributeName, raw);
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

  write({ ordinal }: CandidateInHand, out: Float32Array, offset: number): void {
    const raw = this.sources.items.number(this.attributeName, ordinal);
    const value = this.sources.featureSet.standardised(this.attributeName, raw);
    out[offset] = value;
    if (!this.known || Number.isNaN(raw)) {
      out[offset + 1] = 0;
      out[offset + 2] = 0;
      return;
    }
    const distance = (value - this.mean) / this.deviation;
    const bounded = Math.max(-DISTANCE_MAX, Math.min(DISTANCE_MAX, distance));
    out[offset + 1] = bounded / 2;
    out[offset + 2] = Math.abs(bounded) / 2;
  }
}
