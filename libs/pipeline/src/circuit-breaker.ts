import type { Clock } from '@winnow/domain';

export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** Consecutive failures after which calls are no longer made. */
  readonly failureCountMax?: number;
  /** First pause; doubles while trials fail, up to `openMaxMs`. */
  readonly openMs?: number;
  readonly openMaxMs?: number;
}

/**
 * Stops calling a dependency that keeps failing, so that a dead one costs a request nothing instead of its
 * whole budget. After a pause one call at a time is let through as a trial; its success closes the circuit.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #failureCountMax: number;
  readonly #openMs: number;
  readonly #openMaxMs: number;
  #failureCount = 0;
  #pauseMs: number;
  #openUntilMs = 0;
  #trialRunning = false;

  constructor(options: CircuitBreakerOptions) {
    this.#clock = options.clock;
    this.#failureCountMax = options.failureCountMax ?? 5;
    this.#openMs = options.openMs ?? 250;
    this.#openMaxMs = options.openMaxMs ?? 2_000;
    this.#pauseMs = this.#openMs;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#failureCount < this.#failureCountMax) return 'closed';
    return this.#clock.monotonicMs() < this.#openUntilMs ? 'open' : 'half-open';
  }

  /** Whether a call may be made now. A true in the half-open state claims the one trial: settle it. */
  admit(): boolean {
    const { state } = this;
    if (state === 'closed') return true;
    if (state === 'open' || this.#trialRunning) return false;
    this.#trialRunning = true;
    return true;
  }

  succeeded(): void {
    this.#failureCount = 0;
    this.#trialRunning = false;
    this.#pauseMs = this.#openMs;
  }

  failed(): void {
    const wasTrial = this.#trialRunning;
    this.#trialRunning = false;
    this.#failureCount += 1;
    if (this.#failureCount < this.#failureCountMax) return;
    if (wasTrial) this.#pauseMs = Math.min(this.#pauseMs * 2, this.#openMaxMs);
    this.#openUntilMs = this.#clock.monotonicMs() + this.#pauseMs;
  }

  /** A call that says nothing about the dependency's health: frees the trial. */
  inconclusive(): void {
    this.#trialRunning = false;
  }
}
