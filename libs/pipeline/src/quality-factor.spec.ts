import { describe, expect, it } from 'vitest';
import { QUALITY_MIN, QualityFactor } from './quality-factor';

describe('QualityFactor', () => {
  it('falls while latency is above the target and never below its minimum', () => {
    const quality = new QualityFactor({ targetMs: 10 });
    quality.observe(11);
    expect(quality.value).toBeCloseTo(0.9);
    for (let count = 0; count < 100; count += 1) quality.observe(50);
    expect(quality.value).toBe(QUALITY_MIN);
  });

  it('climbs back slowly to 1 and no further', () => {
    const quality = new QualityFactor({ targetMs: 10 });
    quality.observeTimeout();
    expect(quality.value).toBeCloseTo(0.7);
    quality.observe(10);
    expect(quality.value).toBeCloseTo(0.72);
    for (let count = 0; count < 100; count += 1) quality.observe(1);
    expect(quality.value).toBe(1);
  });
});
