import { gaussian, seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { categoryDistribution, countsBetween, numberDistribution, shareUpTo } from './distribution';
import {
  driftOf,
  kolmogorovSmirnov,
  populationStability,
  populationStabilityByChance,
  type Observation,
} from './drift';

const counting = (count: number): number[] => Array.from({ length: count }, (_, value) => value);

describe('distributions, worked by hand', () => {
  it('cut numbers into tenths and count every value once', () => {
    const { edges, counts } = numberDistribution(counting(101), 101);
    expect(edges).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90]);
    expect(counts).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 11]);
    expect(countsBetween([0, 5], [-1, 0, 4, 5, 99])).toEqual([1, 2, 2]);
  });

  it('give a value that is frequent a bin of its own', () => {
    const { edges, counts } = numberDistribution([...new Array(80).fill(0), ...counting(20)], 100);
    expect(edges).toEqual([9]);
    expect(counts).toEqual([89, 11]);
    expect(numberDistribution([7, 7, 7], 3)).toMatchObject({ edges: [], counts: [3] });
  });

  it('keep the most frequent categories and put the rest together', () => {
    const many = new Map(counting(25).map((value) => [`c${value}`, value + 1]));
    const { names, counts } = categoryDistribution(many, 9);
    expect(names.slice(0, 2)).toEqual(['c24', 'c23']);
    expect([names.length, counts.length]).toEqual([20, 21]);
    expect(counts.at(-1)).toBe(1 + 2 + 3 + 4 + 5);
  });

  it('know which share lies below a value', () => {
    const reference = numberDistribution(counting(101), 101);
    expect([-1, 0, 50, 100].map((value) => shareUpTo(reference, value))).toEqual([0, 1 / 101, 51 / 101, 1]);
  });
});

describe('the population stability index', () => {
  it('is nothing for equal shares, and symmetric', () => {
    expect(populationStability([10, 20, 30], [10, 20, 30])).toBe(0);
    expect(populationStability([10, 20], [20, 10])).toBeCloseTo(populationStability([20, 10], [10, 20]), 12);
  });

  it('is Σ (p − q) ln(p ÷ q): worked by hand', () => {
    // Half a count more in each bin: 0.5 and 0.5 against 0.25 and 0.75.
    const psi = populationStability([9.5, 9.5], [4.5, 14.5]);
    expect(psi).toBeCloseTo(-0.25 * Math.log(0.5) + 0.25 * Math.log(1.5), 12);
  });

  it('of samples of one distribution exceeds its bound of chance about once in a hundred times', () => {
    const random = seededRandom(3);
    const draw = (count: number): number[] => Array.from({ length: count }, () => gaussian(random));
    let beyond = 0;
    for (let trial = 0; trial < 1_000; trial += 1) {
      const reference = numberDistribution(draw(200), 200);
      const counts = countsBetween(reference.edges, draw(120));
      if (populationStability(reference.counts, counts) > populationStabilityByChance(10, 200, 120))
        beyond += 1;
    }
    expect(beyond).toBeGreaterThan(0);
    expect(beyond).toBeLessThan(30);
  });

  it('has χ² quantiles: 21.67 for nine degrees of freedom', () => {
    expect(populationStabilityByChance(10, 1, Infinity)).toBeCloseTo(21.67, 1);
    expect(populationStabilityByChance(1, 5, 5)).toBe(0);
  });
});

describe('the Kolmogorov–Smirnov distance', () => {
  const reference = numberDistribution(counting(101), 101);

  it('is the greatest difference of shares: worked by hand', () => {
    expect(kolmogorovSmirnov(reference, counting(101))).toBeCloseTo(0, 9);
    // All of one side lies above three quarters of the other.
    expect(kolmogorovSmirnov(reference, [75.5, 80, 90])).toBeCloseTo(76 / 101, 9);
    expect(kolmogorovSmirnov(reference, [-5, -4])).toBe(1);
  });

  it('of a constant against the same constant is nothing', () => {
    expect(kolmogorovSmirnov(numberDistribution([0, 0, 0], 3), [0, 0])).toBe(0);
  });
});

describe('drift', () => {
  const random = seededRandom(5);
  const numbers = (count: number, shift = 0): Observation => ({
    kind: 'number',
    values: Float64Array.from({ length: count }, () => gaussian(random) + shift),
    sampleCount: count,
  });
  const reference = numberDistribution(
    Array.from({ length: 2_000 }, () => gaussian(random)),
    2_000,
  );

  it('is stable, moderate or major by how far values have moved', () => {
    expect(driftOf(reference, numbers(2_000)).level).toBe('stable');
    expect(driftOf(reference, numbers(2_000, 0.38)).level).toBe('moderate');
    const far = driftOf(reference, numbers(2_000, 1));
    expect(far.level).toBe('major');
    expect(far.ks).toBeGreaterThan(far.ksByChance!);
  });

  it('is stable when chance alone explains it, and unknown with next to nothing to go by', () => {
    const few = driftOf(reference, numbers(15));
    expect(few.psi).toBeGreaterThan(0.25);
    expect(few.level).toBe('stable');
    expect(driftOf(reference, numbers(4, 9))).toMatchObject({ level: 'unknown', ks: null });
  });

  it('of what moves anyway counts only once it moves further than that', () => {
    const shifted = numbers(2_000, 1);
    const { psi } = driftOf(reference, shifted);
    const levels = [0, 0.3, 0.5, 1].map((share) => driftOf(reference, shifted, share * psi).level);
    expect(levels).toEqual(['major', 'moderate', 'moderate', 'stable']);
  });

  it('of categories sees new ones among all others', () => {
    const genres = categoryDistribution(
      new Map([
        ['drama', 60],
        ['horror', 40],
      ]),
      100,
    );
    const observed = { kind: 'category', countOf: new Map([['western', 50]]), sampleCount: 50 } as const;
    expect(driftOf(genres, observed)).toMatchObject({ level: 'major', ks: null, counts: [0, 0, 50] });
  });
});
