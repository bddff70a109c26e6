import type { Clock } from '@winnow/domain';

/** Least share of its candidates that a stage scores, however slow it is. */
export const QUALITY_MIN = 0.1;
/** Half of what was taken away is given back in this time, whether anybody asks or not: a busy moment says little about later ones. */
const FORGETTING_HALF_LIFE_MS = 10_000;
const LATE_ANSWER_FACTOR = 0.9;
/** No answer in time is a stronger sign than a late one. */
const TIMEOUT_FACTOR = 0.7;
const RISE = 0.02;

export interface QualityFactorOptions {
  /** Latency that the stage should stay under. */
  readonly targetMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/**
 * A stage's share of work in [0.1, 1], driven by its measured latency: additive increase, multiplicative
 * decrease, the rule by which TCP finds a link's capacity. (The name and use are product-mixer's.) As there, answers
 * that were late for one and the same reason count once: it falls at most once within the target latency.
 */
export class QualityFactor {
  readonly #options: QualityFactorOptions;
  #value = 1;
  #valueAtMs: number;
  #fellAtMs = -Infinity;

  constructor(options: QualityFactorOptions) {
    this.#options = options;
    this.#valueAtMs = options.clock.monotonicMs();
  }

  get value(): number {
    const ageMs = this.#options.clock.monotonicMs() - this.#valueAtMs;
    return 1 - (1 - this.#value) * 2 ** (-ageMs / FORGETTING_HALF_LIFE_MS);
  }

  observe(latencyMs: number): void {
    if (latencyMs > this.#options.targetMs) this.#fall(LATE_ANSWER_FACTOR);
    else this.#become(this.value + RISE);
  }

  /** The stage did not answer in time. */
  observeTimeout(): void {
    this.#fall(TIMEOUT_FACTOR);
  }

  #fall(factor: number): void {
    const { clock, targetMs } = this.#options;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#fellAtMs < targetMs) return;
    this.#fellAtMs = nowMs;
    this.#become(this.value * factor);
  }

  #become(value: number): void {
    this.#value = Math.min(1, Math.max(QUALITY_MIN, value));
    this.#valueAtMs = this.#options.clock.monotonicMs();
  }
}
