import { beforeEach, describe, expect, it } from 'vitest';
import { QUALITY_MIN, QualityFactor } from './quality-factor';

const TARGET_MS = 10;
let nowMs: number;
let quality: QualityFactor;
beforeEach(() => {
  nowMs = 1_000;
  quality = new QualityFactor({ targetMs: TARGET_MS, clock: { monotonicMs: () => nowMs } });
});

/** So many late answers, one target latency apart. */
function beLate(times: number): void {
  for (let count = 0; count < times; count += 1) {
    nowMs += TARGET_MS;
    quality.observe(50);
  }
}

describe('QualityFactor', () => {
  it('falls while latency is above the target and never below its minimum', () => {
    beLate(1);
    expect(quality.value).toBeCloseTo(0.9);
    beLate(100);
    expect(quality.value).toBeCloseTo(QUALITY_MIN);
  });

  it('climbs back slowly to 1 and no further', () => {
    quality.observeTimeout();
    expect(quality.value).toBeCloseTo(0.7);
    quality.observe(10);
    expect(quality.value).toBeCloseTo(0.72);
    for (let count = 0; count < 100; count += 1) quality.observe(1);
    expect(quality.value).toBe(1);
  });

  it('falls once for all the answers that one hiccup made late', () => {
    for (let request = 0; request < 16; request += 1) quality.observe(80);
    quality.observeTimeout();
    expect(quality.value).toBeCloseTo(0.9);
  });

  it('forgets a busy moment although nobody asks', () => {
    beLate(100);
    nowMs += 10_000;
    expect(quality.value).toBeCloseTo(1 - 0.9 / 2, 2);
    nowMs += 50_000;
    expect(quality.value).toBeGreaterThan(0.98);
  });

  it('stays low under a load that goes on', () => {
    beLate(1_000);
    for (let second = 0; second < 60; second += 1) {
      nowMs += 900;
      quality.observe(10);
      beLate(10);
    }
    expect(quality.value).toBeLessThan(0.2);
  });
});
