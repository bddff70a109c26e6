import type { ExperimentDescription, SurfaceDescription, SurfaceOverride } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { overriddenParameters, overrideSurface } from './override-surface';
import { surfaceVariants } from './surface-variants';

const surface: SurfaceDescription = {
  name: 'home',
  deadlineMs: 150,
  budgets: { hydrateMs: 1, retrieveMs: 2, filterMs: 3, lightRankMs: 4, heavyRankMs: 5, rerankMs: 6 },
  sources: [
    { source: 'two-tower', quota: 500 },
    { source: 'popular', quota: 100 },
  ],
  lightKeepCount: 200,
  filters: { seen: true, expression: 'item.year > 2000.0' },
  rerankers: [{ kind: 'cap', attribute: 'genre', countMax: 1, window: 2 }],
};

const override: SurfaceOverride = {
  budgets: { heavyRankMs: 50 },
  sources: [
    { source: 'popular', quota: 0 },
    { source: 'fresh', quota: 40 },
  ],
  filters: { seen: false },
  rerankers: [],
};

describe('an override', () => {
  it('changes what it names and nothing else', () => {
    expect(overrideSurface(surface, [override])).toEqual({
      ...surface,
      budgets: { ...surface.budgets, heavyRankMs: 50 },
      sources: [
        { source: 'two-tower', quota: 500 },
        { source: 'fresh', quota: 40 },
      ],
      filters: { seen: false, expression: 'item.year > 2000.0' },
      rerankers: [],
    });
    expect(overrideSurface(surface, [])).toEqual(surface);
  });

  it('names its parameters one by one, so that layers can share a surface', () => {
    expect(overriddenParameters(override)).toEqual([
      'rerankers',
      'budgets.heavyRankMs',
      'sources.popular',
      'sources.fresh',
      'filters.seen',
    ]);
  });
});

describe('variants of a surface', () => {
  const experiment = (name: string, layer: string, values: readonly number[]): ExperimentDescription => ({
    ...{ name, layer, traffic: [0, 1] },
    arms: [
      { name: 'control', weight: 1, surfaces: [] },
      ...values.map((lightKeepCount) => ({
        name: `to-${lightKeepCount}`,
        weight: 1,
        surfaces: [{ surface: 'home', override: { lightKeepCount } }],
      })),
    ],
  });

  it('are every way in which arms of different layers meet', () => {
    const experiments = [
      experiment('a', 'one', [1, 2]),
      experiment('b', 'one', [3]),
      experiment('c', 'two', [4]),
    ];
    const names = [...surfaceVariants(surface, { holdoutShare: 0, experiments })].map(({ name }) => name);
    expect(names.sort()).toEqual(
      ['c=to-4', 'a=to-1', 'a=to-1&c=to-4', 'a=to-2', 'a=to-2&c=to-4', 'b=to-3', 'b=to-3&c=to-4'].sort(),
    );
  });
});
