import type { Interaction } from '@winnow/domain';
import type { FeatureDefinition } from '../encoding/feature-definition';

/** What one step further back in the history still counts. */
const RECENCY_DECAY = 0.9;
/** Taste is read from positive events in full, from neutral ones by half, from negative ones not at all. */
const SENTIMENT_WEIGHTS = { positive: 1, neutral: 0.5, negative: 0 } as const;

/** A history as parallel arrays, newest first, without the interactions that tell no liking. Reused. */
export class PreparedHistory {
  /** Entries that count. */
  size = 0;
  ordinals = new Uint32Array(64);
  /** By sentiment, in (0, 1]. */
  weights = new Float32Array(64);
  /** `weights` times 0.9 per step back. */
  recencyWeights = new Float32Array(64);
  weightSum = 0;
  recencyWeightSum = 0;
  /** Time of the newest interaction of any kind; NaN when there is none. */
  newestMs = NaN;
  private readonly weightByType: readonly number[];

  constructor(events: FeatureDefinition['events']) {
    this.weightByType = events.map(({ sentiment }) => SENTIMENT_WEIGHTS[sentiment]);
  }

  /** `history` is oldest first. */
  load(history: readonly Interaction[]): void {
    this.reserve(history.length);
    this.size = 0;
    this.weightSum = 0;
    this.recencyWeightSum = 0;
    this.newestMs = history.length > 0 ? history[history.length - 1].timeMs : NaN;
    let recency = 1;
    for (let index = history.length - 1; index >= 0; index -= 1) {
      const { ordinal, eventType } = history[index];
      const weight = this.weightByType[eventType] ?? 0;
      if (weight === 0) continue;
      this.ordinals[this.size] = ordinal;
      this.weights[this.size] = weight;
      this.recencyWeights[this.size] = weight * recency;
      this.weightSum += weight;
      this.recencyWeightSum += weight * recency;
      this.size += 1;
      recency *= RECENCY_DECAY;
    }
  }

  private reserve(length: number): void {
    if (length <= this.ordinals.length) return;
    this.ordinals = new Uint32Array(length * 2);
    this.weights = new Float32Array(length * 2);
    this.recencyWeights = new Float32Array(length * 2);
  }
}
