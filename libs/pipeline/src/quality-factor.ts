/** Least share of its candidates that a stage scores, however slow it is. */
export const QUALITY_MIN = 0.1;

export interface QualityFactorOptions {
  /** Latency that the stage should stay under. */
  readonly targetMs: number;
}

/**
 * A stage's share of work in [0.1, 1], driven by its measured latency: additive increase, multiplicative
 * decrease, the rule by which TCP finds a link's capacity. (The name and use are product-mixer's.)
 */
export class QualityFactor {
  readonly #targetMs: number;
  #value = 1;

  constructor({ targetMs }: QualityFactorOptions) {
    this.#targetMs = targetMs;
  }

  get value(): number {
    return this.#value;
  }

  observe(latencyMs: number): void {
    if (latencyMs > this.#targetMs) this.#value = Math.max(QUALITY_MIN, this.#value * 0.9);
    else this.#value = Math.min(1, this.#value + 0.02);
  }

  /** The stage did not answer in time: a stronger sign than a late answer. */
  observeTimeout(): void {
    this.#value = Math.max(QUALITY_MIN, this.#value * 0.7);
  }
}
