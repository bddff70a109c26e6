import { describe, expect, it } from 'vitest';
import type { LearningInput, ScoringQuery } from '../vocabulary-scorer';
import { blendScorer } from './blend';
import { decayedPopularity, fixedScorer, popularity, randomScorer, recentPopularity } from './popularity';

const DAY_MS = 86_400_000;

/** Users 0 and 1 turn to items 10 and 20; item 30 is new; 99 is not in the vocabulary. */
const INPUT: LearningInput = {
  past: {
    users: Uint32Array.of(0, 0, 1, 1, 2, 3),
    ordinals: Uint32Array.of(10, 20, 10, 20, 30, 99),
    timesMs: Float64Array.of(0, 0, DAY_MS, DAY_MS, 2 * DAY_MS, 2 * DAY_MS),
  },
  vocabulary: Uint32Array.of(10, 20, 30),
};

const QUERY: ScoringQuery = { history: Uint32Array.of(10, 99), historyTimesMs: Float64Array.of(0, 1) };

describe('popularity', () => {
  it('counts all, recent or decayed interactions of vocabulary items', () => {
    expect(Array.from(popularity(INPUT))).toEqual([2, 2, 1]);
    const nowMs = 2 * DAY_MS;
    expect(Array.from(recentPopularity(INPUT, { nowMs, days: 1 }))).toEqual([1, 1, 1]);
    const decayed = decayedPopularity(INPUT, { nowMs, halfLifeDays: 1 });
    expect(Array.from(decayed, (count) => count.toFixed(6))).toEqual(['0.750000', '0.750000', '1.000000']);
  });

  it('draws random scores that differ by query and repeat with the seed', () => {
    const [first, second] = [1, 1].map((seed) => randomScorer(INPUT, { seed }));
    const scores = Array.from(first.score(QUERY));
    expect(Array.from(second.score(QUERY))).toEqual(scores);
    expect(Array.from(first.score(QUERY))).not.toEqual(scores);
  });
});

describe('blendScorer', () => {
  it('adds the logarithm of popularity to a weighted personal score: worked by hand', () => {
    const blend = blendScorer({
      popularity: Float64Array.of(0.95, 0, 9.95),
      personal: fixedScorer(Float64Array.of(0.1, 0.5, 0)),
      weight: 2,
    });
    const scores = Array.from(blend.score(QUERY), (score) => score.toFixed(6));
    expect(scores).toEqual(['0.200000', (Math.log(0.05) + 1).toFixed(6), Math.log(10).toFixed(6)]);
  });
});
