import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { areaUnderRoc } from './prediction-metrics';
import { rankingAuc } from './ranking-auc';

describe('rankingAuc', () => {
  it('is the share of pairs in the right order: worked by hand', () => {
    // The second against the first (wrong), the third (tied) and the fourth (right); the last is left out.
    const auc = rankingAuc({ scores: [0.9, 0.5, 0.5, 0.1, 7], relevant: [1], excluded: [4] });
    expect(auc).toBeCloseTo(1.5 / 3);
  });

  it('agrees with the area under the curve of all pairs, ties included', () => {
    const random = seededRandom(3);
    const scores = Float64Array.from({ length: 200 }, () => Math.floor(random() * 20));
    const relevant = [3, 50, 51, 190];
    const excluded = [0, 1, 100];
    const kept = Array.from(scores.keys()).filter((index) => !excluded.includes(index));
    const expected = areaUnderRoc({
      predictions: kept.map((index) => scores[index]),
      labels: kept.map((index) => (relevant.includes(index) ? 1 : 0)),
    });
    expect(rankingAuc({ scores, relevant, excluded })).toBeCloseTo(expected);
  });

  it('is not a number when there is nothing to tell apart', () => {
    expect(rankingAuc({ scores: [1, 2], relevant: [], excluded: [] })).toBeNaN();
    expect(rankingAuc({ scores: [1, 2], relevant: [0], excluded: [1] })).toBeNaN();
  });
});
