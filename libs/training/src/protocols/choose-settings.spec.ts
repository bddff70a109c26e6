import { fixedScorer } from '@winnow/collaborative';
import type { EvaluationCase } from '@winnow/evaluation';
import { describe, expect, it } from 'vitest';
import { chooseSettings, validationNdcg } from './choose-settings';
import { vectorAnswer } from './models/vector-answer';
import type { ValidationWindow } from './ranking-model';

const caseOf = (user: number, history: number, relevant: number): EvaluationCase => ({
  user,
  history: Uint32Array.of(history),
  historyTimesMs: Float64Array.of(0),
  relevant: Uint32Array.of(relevant),
});

const NOTHING = { users: new Uint32Array(0), ordinals: new Uint32Array(0), timesMs: new Float64Array(0) };

const WINDOW: ValidationWindow = {
  past: NOTHING,
  matrix: NOTHING,
  vocabulary: Uint32Array.of(10, 20, 30),
  startMs: 0,
  cases: [caseOf(0, 10, 20), caseOf(1, 10, 30)],
  k: 2,
};

describe('validationNdcg', () => {
  it('ranks without the history: worked by hand', () => {
    // The history's item 10 scores best and is left out; then 20 is first and 30 second for both users.
    const scorer = fixedScorer(Float64Array.of(9, 5, 1));
    expect(validationNdcg(scorer, WINDOW)).toBeCloseTo((1 + 1 / Math.log2(3)) / 2);
  });

  it('looks at a bounded number of cases, evenly spread', () => {
    const cases = Array.from({ length: 5_000 }, (_, user) => caseOf(user, 10, 20));
    const asked: number[] = [];
    const scorer = {
      score: () => {
        asked.push(1);
        return Float64Array.of(0, 0, 0);
      },
    };
    validationNdcg(scorer, { ...WINDOW, cases });
    expect(asked).toHaveLength(2_000);
  });
});

describe('chooseSettings', () => {
  const choose = (grid: readonly number[], tried: number[] = []) =>
    chooseSettings({
      window: { ...WINDOW, cases: [caseOf(0, 10, 30)] },
      grid,
      context: { seed: 1 },
      // Item 30 comes first from 0.5 on.
      fit: (settings) => {
        tried.push(settings);
        return fixedScorer(Float64Array.of(0, 0.5, settings));
      },
    });

  it('takes the first of those that rank best', async () => {
    expect(await choose([0.1, 0.6, 0.9])).toEqual({ settings: 0.6, ndcg: 1 });
  });

  it('takes a single candidate untried', async () => {
    const tried: number[] = [];
    expect((await choose([0.3], tried)).settings).toBe(0.3);
    expect(tried).toEqual([]);
  });
});

describe('vectorAnswer', () => {
  it('scores by inner products, query by query: worked by hand', async () => {
    const answer = vectorAnswer({
      encode: async (queries) => Float32Array.from(queries.flatMap(({ user }) => [user, 1])),
      itemVectors: Float32Array.of(1, 0, 0, 1, 2, -1),
      dimension: 2,
    });
    const scores = await answer.score([caseOf(3, 10, 20), caseOf(5, 10, 20)]);
    expect(Array.from(scores)).toEqual([3, 1, 5, 5, 1, 9]);
  });
});
