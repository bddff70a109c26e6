import { describe, expect, it } from 'vitest';
import { CoOccurrenceSimilarity } from '../metrics/co-occurrence-similarity';
import { measureRankings } from './measure-rankings';
import { findMetric, plainValue } from './metric-value';
import { activitySlice, popularitySlice } from './slices';
import { summariseRuns } from './summarise-runs';

describe('measureRankings', () => {
  const past = {
    vocabulary: Uint32Array.of(1, 2, 3, 4),
    userCount: 3,
    // Items 1 and 2 share two of three users, item 3 has one of its own, item 4 none.
    similarity: new CoOccurrenceSimilarity({
      users: Uint32Array.of(0, 0, 1, 1, 2, 2),
      ordinals: Uint32Array.of(1, 2, 1, 2, 1, 3),
      timesMs: new Float64Array(6),
    }),
  };
  const values = measureRankings({
    rankings: [
      [1, 2],
      [1, 3],
    ],
    relevant: [[2], [4]],
    aucs: Float64Array.of(0.5, NaN),
    ks: [1, 2],
    past,
  });
  const mean = (metric: Parameters<typeof findMetric>[1], k: number | null): number =>
    findMetric(values, metric, k)!.mean;

  it('gives quality and catalogue figures for each length: worked by hand', () => {
    expect(mean('recall', 1)).toBe(0);
    expect(mean('recall', 2)).toBe(0.5);
    expect(mean('mrr', 2)).toBe(0.25);
    expect(mean('coverage', 1)).toBe(0.25);
    expect(mean('coverage', 2)).toBe(0.75);
    // Exposures 0, 1, 1, 2: (−3·0 − 1·1 + 1·1 + 3·2) ÷ (4 · 4).
    expect(mean('gini', 2)).toBeCloseTo(6 / 16);
    expect(mean('novelty', 1)).toBeCloseTo(-Math.log2(4 / 4));
    const [bothOf1And2, bothOf1And3] = [2 / Math.sqrt(3 * 2), 1 / Math.sqrt(3)];
    expect(mean('diversity', 2)).toBeCloseTo((1 - bothOf1And2 + 1 - bothOf1And3) / 2);
  });

  it('leaves out of a mean the cases for which a figure does not exist', () => {
    expect(mean('auc', null)).toBe(0.5);
    expect(findMetric(values, 'diversity', 1)).toMatchObject({ count: 0, mean: NaN });
  });
});

describe('summariseRuns', () => {
  it('is over seeds when there are several, and else what the only run says', () => {
    const runs = [0.2, 0.4].map((recall) => ({ metrics: [plainValue('recall', 10, recall)] }));
    const [value] = summariseRuns(runs);
    expect(value).toMatchObject({ metric: 'recall', k: 10, count: 2, intervalOver: 'seeds' });
    expect(value.mean).toBeCloseTo(0.3);
    expect(value.high).toBeGreaterThan(0.4);
    expect(summariseRuns(runs.slice(0, 1))).toBe(runs[0].metrics);
  });
});

describe('slices', () => {
  it('tell users apart by activity, the cold ones from thirds of the rest', () => {
    const { grouping } = activitySlice([0, 4, 5, 5, 6, 7, 20, 30], 5);
    expect(grouping.names).toEqual(['cold (below 5)', '5', '6–19', '20+']);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((query) => grouping.groupsOf(query)[0])).toEqual([
      0, 0, 1, 1, 2, 2, 3, 3,
    ]);
  });

  it('do not make two groups of one', () => {
    const { grouping } = activitySlice([5, 5, 5, 5], 5);
    expect(grouping.names).toEqual(['cold (below 5)', '5+']);
  });

  it('tell items apart by popularity', () => {
    const counts = new Map(
      [9, 10, 11, 12, 13, 14, 15, 16, 17, 40, 50].map((count, ordinal) => [ordinal, count]),
    );
    const { grouping } = popularitySlice(
      Uint32Array.from(counts.keys()),
      (ordinal) => counts.get(ordinal) ?? 0,
    );
    expect([...counts.keys()].map((ordinal) => grouping.groupsOf(ordinal)[0])).toEqual([
      0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2,
    ]);
  });
});
