import { gaussian, seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import type { BaselineInput } from './baseline';
import { easeBaseline } from './ease';
import {
  popularBaseline,
  randomBaseline,
  recentPopularBaseline,
  trendingBaseline,
} from './popularity-baselines';
import { invertPositiveDefinite } from './positive-definite';

const DAY_MS = 86_400_000;

/** Users 0 and 1 like items 10 and 20 together; item 30 stands alone. */
const INPUT: BaselineInput = {
  past: {
    users: Uint32Array.of(0, 0, 1, 1, 2, 3),
    ordinals: Uint32Array.of(10, 20, 10, 20, 30, 99),
    timesMs: Float64Array.of(0, 0, DAY_MS, DAY_MS, 2 * DAY_MS, 2 * DAY_MS),
  },
  vocabulary: Uint32Array.of(10, 20, 30),
};

const QUERY = { user: 7, history: Uint32Array.of(10, 99) };

describe('popularity baselines', () => {
  it('count all, recent or decayed interactions of vocabulary items', () => {
    expect(Array.from(popularBaseline(INPUT).score(QUERY))).toEqual([2, 2, 1]);
    const recent = recentPopularBaseline(INPUT, { nowMs: 2 * DAY_MS, days: 1 });
    expect(Array.from(recent.score(QUERY))).toEqual([1, 1, 1]);
    const trending = trendingBaseline(INPUT, { nowMs: 2 * DAY_MS, halfLifeDays: 1 });
    expect(Array.from(trending.score(QUERY)).map((score) => score.toFixed(6))).toEqual([
      '0.750000',
      '0.750000',
      '1.000000',
    ]);
  });

  it('random scores differ by query, and repeat with the seed', () => {
    const [first, second] = [1, 1].map((seed) => randomBaseline(INPUT, { seed }));
    const scores = Array.from(first.score(QUERY));
    expect(Array.from(second.score(QUERY))).toEqual(scores);
    expect(Array.from(first.score(QUERY))).not.toEqual(scores);
  });
});

describe('easeBaseline', () => {
  it('weighs items as the closed form does: worked by hand', () => {
    // XᵀX + I = [[3, 2, 0], [2, 3, 0], [0, 0, 2]]; its inverse is [[.6, −.4, 0], [−.4, .6, 0], [0, 0, .5]].
    const scores = Array.from(easeBaseline(INPUT, { regularisation: 1 }).score(QUERY));
    expect(scores[0]).toBe(0);
    expect(scores[1]).toBeCloseTo(0.4 / 0.6);
    expect(scores[2]).toBeCloseTo(0);
  });
});

describe('invertPositiveDefinite', () => {
  it('gives the inverse at sizes around its block and tile edges', () => {
    const random = seededRandom(2);
    for (const size of [1, 2, 3, 5, 63, 64, 65, 130, 193]) {
      const factor = Float64Array.from({ length: size * size }, () => gaussian(random));
      const matrix = new Float64Array(size * size);
      for (let row = 0; row < size; row += 1)
        for (let column = 0; column < size; column += 1) {
          let sum = row === column ? size : 0;
          for (let at = 0; at < size; at += 1) sum += factor[row * size + at] * factor[column * size + at];
          matrix[row * size + column] = sum;
        }
      const inverse = matrix.slice();
      invertPositiveDefinite(inverse, size);
      let worst = 0;
      for (let row = 0; row < size; row += 1)
        for (let column = 0; column < size; column += 1) {
          let sum = 0;
          for (let at = 0; at < size; at += 1) sum += matrix[row * size + at] * inverse[at * size + column];
          worst = Math.max(worst, Math.abs(sum - (row === column ? 1 : 0)));
        }
      expect(worst).toBeLessThan(1e-9);
    }
  });

  it('refuses a matrix that is not positive definite', () => {
    expect(() => invertPositiveDefinite(Float64Array.of(1, 2, 2, 1), 2)).toThrow('positive definite');
  });
});
