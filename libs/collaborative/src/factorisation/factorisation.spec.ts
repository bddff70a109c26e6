import { describe, expect, it } from 'vitest';
import { plainSequences, plainWeights, QUERY, randomInput } from '../random-log.fixture';
import type { LearningInput } from '../vocabulary-scorer';
import { fitEase } from './ease';
import { fitImplicitAls, type ImplicitAlsOptions } from './implicit-als';

describe('fitEase', () => {
  it('weighs items as the closed form does: worked by hand', () => {
    const input: LearningInput = {
      past: {
        users: Uint32Array.of(0, 0, 1, 1, 2, 3),
        ordinals: Uint32Array.of(10, 20, 10, 20, 30, 99),
        timesMs: new Float64Array(6),
      },
      vocabulary: Uint32Array.of(10, 20, 30),
    };
    // XᵀX + I = [[3, 2, 0], [2, 3, 0], [0, 0, 2]]; its inverse is [[.6, −.4, 0], [−.4, .6, 0], [0, 0, .5]].
    const scorer = fitEase(input, { regularisation: 1 }).scorer();
    const scores = scorer.score({ history: Uint32Array.of(10, 99), historyTimesMs: new Float64Array(2) });
    expect(scores[0]).toBe(0);
    expect(scores[1]).toBeCloseTo(0.4 / 0.6);
    expect(scores[2]).toBeCloseTo(0);
  });

  it('is where the gradient of its loss vanishes, the diagonal being held at zero', () => {
    const input = randomInput(6);
    const { vocabulary } = input;
    const size = vocabulary.length;
    const regularisation = 7;
    const scorer = fitEase(input, { regularisation }).scorer();
    // Row i of B is the score of a history of item i alone.
    const weights = Array.from(vocabulary, (ordinal) =>
      Float64Array.from(
        scorer.score({ history: Uint32Array.of(ordinal), historyTimesMs: new Float64Array(1) }),
      ),
    );
    const baskets = plainSequences(input).map((sequence) => new Set(sequence));
    const rows = baskets.map((basket) =>
      Float64Array.from(vocabulary, (ordinal) => (basket.has(ordinal) ? 1 : 0)),
    );
    for (let from = 0; from < size; from += 1)
      for (let to = 0; to < size; to += 1) {
        if (from === to) {
          expect(weights[from][to]).toBe(0);
          continue;
        }
        let gradient = regularisation * weights[from][to];
        for (const row of rows) {
          const predicted = row.reduce((sum, value, item) => sum + value * weights[item][to], 0);
          gradient -= row[from] * (row[to] - predicted);
        }
        expect(gradient).toBeCloseTo(0, 8);
      }
  });

  it('sums the rows of a history, the newest weighing most', () => {
    const input = randomInput(6);
    const ease = fitEase(input, { regularisation: 5 });
    const weights = plainWeights(input.vocabulary, 0.8);
    const rows = [...weights].map(([ordinal, weight]) => {
      const alone = { history: Uint32Array.of(ordinal), historyTimesMs: new Float64Array(1) };
      return ease
        .scorer()
        .score(alone)
        .map((score) => score * weight);
    });
    const scores = ease.scorer(0.8).score(QUERY);
    scores.forEach((score, item) =>
      expect(score).toBeCloseTo(
        rows.reduce((sum, row) => sum + row[item], 0),
        10,
      ),
    );
  });
});

const OPTIONS: ImplicitAlsOptions = {
  dimension: 4,
  sweepCount: 200,
  unobservedWeight: 0.1,
  regularisation: 0.05,
  seed: 3,
};

describe('fitImplicitAls', () => {
  const input = randomInput(8, { users: 20, items: 12, events: 150 });
  const baskets = plainSequences(input)
    .map((sequence) => [...new Set(sequence)])
    .filter((basket) => basket.length > 0);

  it('reaches a point where the gradient of its loss vanishes', () => {
    const { dimension = 64, unobservedWeight, regularisation } = OPTIONS;
    const model = fitImplicitAls(input, OPTIONS);
    const items = Array.from(input.vocabulary, (_, item) =>
      model.itemFactors.subarray(item * dimension, (item + 1) * dimension),
    );
    const users = baskets.map((basket) =>
      Float64Array.from(
        model.userFactor({
          history: Uint32Array.from(basket),
          historyTimesMs: new Float64Array(basket.length),
        }),
      ),
    );
    const dot = (left: Float64Array, right: Float64Array): number =>
      left.reduce((sum, value, index) => sum + value * right[index], 0);
    expect(Math.max(...users.map((user) => dot(user, user)))).toBeGreaterThan(0.01);
    items.forEach((item, position) => {
      const ordinal = input.vocabulary[position];
      const havers = baskets.filter((basket) => basket.includes(ordinal)).length;
      for (let index = 0; index < dimension; index += 1) {
        let gradient = regularisation * (havers + unobservedWeight * baskets.length) * item[index];
        users.forEach((user, at) => {
          const predicted = dot(user, item);
          gradient += unobservedWeight * predicted * user[index];
          if (baskets[at].includes(ordinal)) gradient -= (1 - predicted) * user[index];
        });
        expect(Math.abs(gradient)).toBeLessThan(1e-5);
      }
    });
  });

  it('gives the same factors for the same seed, and others for another', () => {
    const short = { ...OPTIONS, sweepCount: 2 };
    const first = fitImplicitAls(input, short).itemFactors;
    expect(fitImplicitAls(input, short).itemFactors).toEqual(first);
    expect(fitImplicitAls(input, { ...short, seed: 4 }).itemFactors).not.toEqual(first);
  });

  it('scores by the inner product of the history’s factor and each item’s', () => {
    const model = fitImplicitAls(input, { ...OPTIONS, sweepCount: 3 });
    const user = Float64Array.from(model.userFactor(QUERY));
    const scores = model.score(QUERY);
    scores.forEach((score, item) => {
      let sum = 0;
      for (let index = 0; index < 4; index += 1) sum += user[index] * model.itemFactors[item * 4 + index];
      expect(score).toBeCloseTo(sum, 12);
    });
  });
});
