import { gaussian, seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { meanOfRepetitions, meanWithInterval, pairedDifference } from './confidence';

describe('meanWithInterval', () => {
  it('gives the same interval for the same seed', () => {
    const values = [0, 1, 0.5, 0.25, 1, 0];
    expect(meanWithInterval(values, { seed: 4 })).toEqual(meanWithInterval(values, { seed: 4 }));
  });

  it('agrees with the normal approximation where that holds', () => {
    const random = seededRandom(3);
    const values = Array.from({ length: 2_000 }, () => 5 + 2 * gaussian(random));
    const { mean, low, high } = meanWithInterval(values);
    const margin = (1.96 * 2) / Math.sqrt(2_000);
    expect(mean - low).toBeGreaterThan(margin * 0.85);
    expect(mean - low).toBeLessThan(margin * 1.15);
    expect(high - mean).toBeGreaterThan(margin * 0.85);
    expect(high - mean).toBeLessThan(margin * 1.15);
  });

  it('has no width for one value and no mean for none', () => {
    expect(meanWithInterval([3])).toEqual({ mean: 3, low: 3, high: 3, count: 1 });
    expect(meanWithInterval([]).mean).toBeNaN();
  });
});

describe('pairedDifference', () => {
  it('sees a small gain that all users have, however much users differ', () => {
    const left = Float64Array.from({ length: 50 }, (_, user) => user + 0.1);
    const right = Float64Array.from({ length: 50 }, (_, user) => user);
    const { mean, low, high, count } = pairedDifference(left, right);
    expect([mean, low, high].map((value) => Number(value.toFixed(9)))).toEqual([0.1, 0.1, 0.1]);
    expect(count).toBe(50);
  });

  it('leaves out pairs of which one is not known, and repeats exactly', () => {
    const options = { seed: 3, confidence: 0.8 };
    const difference = pairedDifference([1, NaN, 3, 5], [0, 1, NaN, 2], options);
    expect(difference).toMatchObject({ mean: 2, count: 2 });
    expect(pairedDifference([1, NaN, 3, 5], [0, 1, NaN, 2], options)).toEqual(difference);
  });
});

describe('meanOfRepetitions', () => {
  it('has Student’s interval: worked by hand', () => {
    const { mean, low, high, count } = meanOfRepetitions([1, 2, 3]);
    expect({ mean, count }).toEqual({ mean: 2, count: 3 });
    expect(high - mean).toBeCloseTo((4.303 * 1) / Math.sqrt(3));
    expect(mean - low).toBeCloseTo(high - mean);
  });

  it('does not claim to know the spread of a single run', () => {
    const { mean, low, high } = meanOfRepetitions([0.5]);
    expect(mean).toBe(0.5);
    expect([low, high]).toEqual([NaN, NaN]);
  });
});
