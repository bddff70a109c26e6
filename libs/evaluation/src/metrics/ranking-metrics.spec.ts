import { describe, expect, it } from 'vitest';
import { hitRateAtK, ndcgAtK, precisionAtK, recallAtK, reciprocalRankAtK } from './ranking-metrics';

const RANKING = [10, 20, 30, 40, 50];
const RELEVANT = new Set([20, 50, 99]);

describe('ranking metrics, worked by hand', () => {
  it('recall divides hits by all that is relevant', () => {
    expect(recallAtK(RANKING, RELEVANT, 1)).toBe(0);
    expect(recallAtK(RANKING, RELEVANT, 2)).toBeCloseTo(1 / 3);
    expect(recallAtK(RANKING, RELEVANT, 5)).toBeCloseTo(2 / 3);
    expect(recallAtK(RANKING, RELEVANT, 500)).toBeCloseTo(2 / 3);
  });

  it('precision divides hits by k, also beyond the end of the ranking', () => {
    expect(precisionAtK(RANKING, RELEVANT, 2)).toBe(0.5);
    expect(precisionAtK(RANKING, RELEVANT, 10)).toBeCloseTo(0.2);
  });

  it('hit rate asks for one hit, reciprocal rank where it is', () => {
    expect(hitRateAtK(RANKING, RELEVANT, 1)).toBe(0);
    expect(hitRateAtK(RANKING, RELEVANT, 2)).toBe(1);
    expect(reciprocalRankAtK(RANKING, RELEVANT, 5)).toBe(0.5);
    expect(reciprocalRankAtK(RANKING, RELEVANT, 1)).toBe(0);
  });

  it('NDCG discounts by position, against an ideal of min(k, relevant) hits', () => {
    const gain = 1 / Math.log2(3) + 1 / Math.log2(6);
    expect(ndcgAtK(RANKING, RELEVANT, 5)).toBeCloseTo(gain / (1 + 1 / Math.log2(3) + 1 / Math.log2(4)));
    expect(ndcgAtK(RANKING, RELEVANT, 2)).toBeCloseTo(1 / Math.log2(3) / (1 + 1 / Math.log2(3)));
    expect(ndcgAtK([20, 50, 99, 1], RELEVANT, 4)).toBe(1);
    expect(ndcgAtK([20, 50], RELEVANT, 2)).toBe(1);
  });

  it('is 0, not NaN, without rankings or relevant items', () => {
    for (const metric of [recallAtK, precisionAtK, hitRateAtK, reciprocalRankAtK, ndcgAtK]) {
      expect(metric([], RELEVANT, 5)).toBe(0);
      expect(metric(RANKING, new Set(), 5)).toBe(0);
    }
  });
});
