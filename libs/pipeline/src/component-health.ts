import type { Clock } from '@winnow/domain';
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker';
import { QualityFactor } from './quality-factor';

/** Share of a stage's budget that its latency should stay under. */
const TARGET_SHARE_OF_BUDGET = 0.8;

export interface ComponentHealthOptions {
  readonly clock: Clock;
  readonly breaker?: Omit<CircuitBreakerOptions, 'clock'>;
  /** False freezes quality at 1 and never opens a circuit: for offline runs, which must repeat exactly. */
  readonly adaptive?: boolean;
}

/**
 * What is known of each component's health, by name. Outlives requests, and is shared by every surface and
 * release that calls the same dependency.
 */
export class ComponentHealth {
  readonly #options: ComponentHealthOptions;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #qualities = new Map<string, QualityFactor>();
  readonly adaptive: boolean;

  constructor(options: ComponentHealthOptions) {
    this.#options = options;
    this.adaptive = options.adaptive ?? true;
  }

  breaker(component: string): CircuitBreaker {
    let breaker = this.#breakers.get(component);
    if (!breaker) {
      breaker = new CircuitBreaker({ clock: this.#options.clock, ...this.#options.breaker });
      this.#breakers.set(component, breaker);
    }
    return breaker;
  }

  quality(component: string, budgetMs: number): QualityFactor {
    const key = `${component}/${budgetMs}`;
    let quality = this.#qualities.get(key);
    if (!quality) {
      quality = new QualityFactor({
        targetMs: budgetMs * TARGET_SHARE_OF_BUDGET,
        clock: this.#options.clock,
      });
      this.#qualities.set(key, quality);
    }
    return quality;
  }

  /** Lowest quality factor of each component now: for metrics and the admission decision. */
  qualities(): ReadonlyMap<string, number> {
    const lowest = new Map<string, number>();
    for (const [key, quality] of this.#qualities) {
      const component = key.slice(0, key.lastIndexOf('/'));
      lowest.set(component, Math.min(lowest.get(component) ?? 1, quality.value));
    }
    return lowest;
  }

  /** Circuits that are not closed. */
  openCircuits(): readonly string[] {
    return [...this.#breakers].filter(([, breaker]) => breaker.state !== 'closed').map(([name]) => name);
  }
}
