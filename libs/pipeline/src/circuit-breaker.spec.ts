import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker';

function breakerAt(): { breaker: CircuitBreaker; advance: (ms: number) => void } {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const breaker = new CircuitBreaker({ clock, failureCountMax: 3, openMs: 100, openMaxMs: 300 });
  return { breaker, advance: (ms) => (nowMs += ms) };
}

function fail(breaker: CircuitBreaker, times: number): void {
  for (let count = 0; count < times; count += 1) {
    expect(breaker.admit()).toBe(true);
    breaker.failed();
  }
}

describe('CircuitBreaker', () => {
  it('opens after that many failures in a row and admits nothing while open', () => {
    const { breaker } = breakerAt();
    fail(breaker, 3);
    expect(breaker.state).toBe('open');
    expect(breaker.admit()).toBe(false);
  });

  it('starts counting anew after a success', () => {
    const { breaker } = breakerAt();
    fail(breaker, 2);
    breaker.succeeded();
    fail(breaker, 2);
    expect(breaker.state).toBe('closed');
  });

  it('admits one trial at a time once the pause is over, and closes when it succeeds', () => {
    const { breaker, advance } = breakerAt();
    fail(breaker, 3);
    advance(100);
    expect(breaker.state).toBe('half-open');
    expect([breaker.admit(), breaker.admit()]).toEqual([true, false]);
    breaker.succeeded();
    expect(breaker.state).toBe('closed');
    expect(breaker.admit()).toBe(true);
  });

  it('doubles the pause while trials fail, up to a bound', () => {
    const { breaker, advance } = breakerAt();
    fail(breaker, 3);
    for (const pauseMs of [100, 200, 300, 300]) {
      advance(pauseMs - 1);
      expect(breaker.admit()).toBe(false);
      advance(1);
      expect(breaker.admit()).toBe(true);
      breaker.failed();
    }
  });

  it('frees the trial when a call told nothing about the dependency', () => {
    const { breaker, advance } = breakerAt();
    fail(breaker, 3);
    advance(100);
    expect(breaker.admit()).toBe(true);
    breaker.inconclusive();
    expect(breaker.admit()).toBe(true);
  });
});
