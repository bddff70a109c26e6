import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { DistinctSample } from './distinct-sample';
import { FrequentValues } from './frequent-values';
import { histogramOf, NumberSample } from './number-sample';
import { correlationRatio, rankCorrelation } from './rank-correlation';
import { Timeline } from './timeline';

const increment = (count = 0): number => count + 1;

describe('a distinct sample', () => {
  it('holds everything while there is room', () => {
    const sample = new DistinctSample<string, number>(10);
    for (const key of ['a', 'b', 'a', 'c']) sample.update(key, increment);
    expect(sample.share).toBe(1);
    expect(sample.distinctCount).toBe(3);
    expect([...sample.values()]).toEqual([2, 1, 1]);
  });

  it('stays within its capacity, and estimates what it has not kept within five percent', () => {
    const sample = new DistinctSample<string, number>(2_000);
    for (let round = 0; round < 3; round += 1)
      for (let key = 0; key < 50_000; key += 1) sample.update(`key ${key}`, increment);
    expect(sample.size).toBeLessThanOrEqual(2_000);
    expect(Math.abs(sample.distinctCount / 50_000 - 1)).toBeLessThan(0.05);
    // A key that is kept was kept from the first: its state has missed nothing.
    expect(new Set(sample.values())).toEqual(new Set([3]));
  });
});

describe('frequent values', () => {
  it('finds what is frequent with the promised error, in a stream of more values than it holds', () => {
    const random = seededRandom(3);
    const truth = new Map<string, number>();
    const frequent = new FrequentValues(200);
    for (let draw = 0; draw < 100_000; draw += 1) {
      const value = String(Math.floor(10_000 ** random()));
      truth.set(value, (truth.get(value) ?? 0) + 1);
      frequent.add(value);
    }
    expect(frequent.size).toBeLessThanOrEqual(200);
    expect(frequent.errorMax).toBeGreaterThan(0);
    const expected = [...truth].sort(([, a], [, b]) => b - a).slice(0, 10);
    const found = new Map(frequent.top(200).map(({ value, count }) => [value, count]));
    for (const [value, count] of expected) {
      expect(found.get(value)!).toBeLessThanOrEqual(count);
      expect(found.get(value)!).toBeGreaterThanOrEqual(count - frequent.errorMax);
    }
  });

  it('is exact while there is room, most frequent first', () => {
    const frequent = new FrequentValues(10);
    for (const value of ['b', 'a', 'b', 'c', 'a', 'b']) frequent.add(value);
    expect(frequent.errorMax).toBe(0);
    expect(frequent.top(2)).toEqual([
      { value: 'b', count: 3 },
      { value: 'a', count: 2 },
    ]);
  });
});

describe('a number sample', () => {
  it('knows ends and mean exactly and quantiles within a percent of rank, however many numbers pass', () => {
    const random = seededRandom(5);
    const sample = new NumberSample();
    let sum = 0;
    for (let draw = 0; draw < 200_000; draw += 1) {
      const value = random() ** 2;
      sum += value;
      sample.add(value);
    }
    const spread = sample.spread()!;
    expect(spread.sampled).toBe(true);
    expect(spread.mean).toBeCloseTo(sum / 200_000, 9);
    // The share below x of u² is √x.
    [0.05, 0.25, 0.5, 0.75, 0.95].forEach((share, index) =>
      expect(Math.abs(Math.sqrt(spread.quantiles[index]) - share)).toBeLessThan(0.01),
    );
    const counted = spread.histogram.counts.reduce((all, count) => all + count, 0);
    expect(Math.abs(counted - 200_000)).toBeLessThan(spread.histogram.counts.length);
  });

  it('puts whole numbers in the middle of their bins, and far-spread ones in bins of equal factors', () => {
    const few = Float64Array.from([1, 1, 2, 4]);
    expect(histogramOf(few, { min: 1, max: 4, scale: 1 })).toEqual({
      scale: 'linear',
      edges: [0.5, 1.5, 2.5, 3.5, 4.5],
      counts: [2, 1, 0, 1],
      leftOutCount: 0,
    });
    const wide = Float64Array.from([0, 1, 1, 2, 3, 5, 300]);
    expect(histogramOf(wide, { min: 0, max: 300, scale: 1 })).toEqual({
      scale: 'log',
      edges: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      counts: [2, 2, 1, 0, 0, 0, 0, 0, 1],
      leftOutCount: 1,
    });
  });
});

describe('a timeline', () => {
  it('keeps every event while it merges hours into days and weeks', () => {
    const timeline = new Timeline(['view', 'buy', 'never']);
    for (let hour = 0; hour < 24 * 700; hour += 1) {
      timeline.add(0, hour * 3_600_000);
      if (hour % 7 === 0) timeline.add(1, hour * 3_600_000);
    }
    const { stepMs, series, edgesMs } = timeline.report()!;
    expect(stepMs).toBe(7 * 86_400_000);
    expect(edgesMs).toHaveLength(101);
    const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
    expect(series.map(({ name, counts }) => [name, sum(counts)])).toEqual([
      ['view', 24 * 700],
      ['buy', 24 * 100],
    ]);
    expect(series[0].counts[50]).toBe(24 * 7);
  });
});

describe('correlations', () => {
  it('of ranks see any rising relation, and share ranks among ties', () => {
    const rising = Float64Array.from([1, 2, 3, 4]);
    expect(rankCorrelation(rising, Float64Array.from([1, 10, 100, 1_000]))).toBeCloseTo(1, 12);
    expect(rankCorrelation(rising, Float64Array.from([9, 7, 2, 1]))).toBeCloseTo(-1, 12);
    // Ranks 0, 1, 2, 3 against 0.5, 0.5, 2.5, 2.5: covariance 4 of √(5 · 4).
    expect(rankCorrelation(rising, Float64Array.from([5, 5, 8, 8]))).toBeCloseTo(4 / Math.sqrt(20), 12);
    expect(rankCorrelation(rising, Float64Array.from([2, 2, 2, 2]))).toBe(0);
  });

  it('of groups say how much of the variance they explain', () => {
    const groups = Float64Array.from([1, 1, 2, 2]);
    expect(correlationRatio(groups, Float64Array.from([3, 3, 8, 8]))).toBeCloseTo(1, 12);
    // Group means 2 and 4 around 3: between 4, within 4.
    expect(correlationRatio(groups, Float64Array.from([1, 3, 3, 5]))).toBeCloseTo(0.5, 12);
  });
});
