import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { areaUnderRoc } from './prediction-metrics';
import { rankingAuc } from './ranking-auc';

describe('rankingAuc', () => {
  it('is the share of pairs in the right order: worked by hand', () => {
    const vocabulary = Uint32Array.of(1, 2, 3, 4, 5);
    const scores = [0.9, 0.5, 0.5, 0.1, 7];
    // Item 2 against 1 (wrong), 3 (tied) and 4 (right); 5 is left out.
    const auc = rankingAuc({ vocabulary, scores, relevant: new Set([2]), excluded: new Set([5]) });
    expect(auc).toBeCloseTo(1.5 / 3);
  });

  it('agrees with the area under the curve of all pairs, ties included', () => {
    const random = seededRandom(3);
    const vocabulary = Uint32Array.from({ length: 200 }, (_, index) => index);
    const scores = Float64Array.from(vocabulary, () => Math.floor(random() * 20));
    const relevant = new Set([3, 50, 51, 190]);
    const labels = Array.from(vocabulary, (ordinal) => (relevant.has(ordinal) ? 1 : 0));
    expect(rankingAuc({ vocabulary, scores, relevant, excluded: new Set() })).toBeCloseTo(
      areaUnderRoc({ predictions: scores, labels }),
    );
  });

  it('is not a number when nothing relevant is in the vocabulary', () => {
    const vocabulary = Uint32Array.of(1);
    expect(rankingAuc({ vocabulary, scores: [1], relevant: new Set([9]), excluded: new Set() })).toBeNaN();
  });
});
