import { describe, expect, it } from 'vitest';
import {
  coverageAtK,
  exposureCounts,
  exposureSteps,
  giniAtK,
  intraListDiversityAtK,
  noveltyAtK,
  popularityCurve,
} from './catalogue-metrics';

const RANKINGS = [
  [1, 2, 9],
  [1, 3, 9],
];

describe('catalogue metrics, worked by hand', () => {
  it('counts exposure within k only', () => {
    expect([...exposureCounts(RANKINGS, 2)]).toEqual([
      [1, 2],
      [2, 1],
      [3, 1],
    ]);
    expect(coverageAtK(RANKINGS, 10, 2)).toBeCloseTo(0.3);
  });

  it('counts the items that make a share of exposure, most shown first', () => {
    // Shown 2, 2, 1 and 1 times of 6.
    const steps = exposureSteps(RANKINGS, 3, [0.1, 0.5, 2 / 3, 0.8, 1]);
    expect(steps.map(({ itemCount }) => itemCount)).toEqual([1, 2, 2, 3, 4]);
    expect(exposureSteps([], 3, [0.5])).toEqual([{ exposureShare: 0.5, itemCount: 0 }]);
  });

  it('Gini is 0 for even exposure, and high for one item shown to all', () => {
    expect(
      giniAtK(
        [
          [1, 2],
          [3, 4],
        ],
        4,
        2,
      ),
    ).toBeCloseTo(0);
    expect(giniAtK([[1], [1], [1]], 4, 1)).toBeCloseTo(0.75);
    // exposures 0 0 1 1 2 over five items: Σ (2i − n − 1)·x ÷ (n Σx) = (0 + 2 + 8) ÷ 20
    expect(giniAtK(RANKINGS, 5, 2)).toBeCloseTo(0.5);
    expect(giniAtK([], 5, 2)).toBe(0);
  });

  it('the popularity curve says how much exposure the head gets', () => {
    const popularity = new Map([
      [1, 100],
      [2, 50],
      [3, 10],
      [4, 1],
    ]);
    expect(popularityCurve(RANKINGS, popularity, { k: 2, pointCount: 2 })).toEqual([
      { itemShare: 0.5, exposureShare: 0.75 },
      { itemShare: 1, exposureShare: 1 },
    ]);
  });

  it('novelty is the surprise of meeting the items, in bits', () => {
    const userCounts = new Map([
      [1, 3],
      [2, 0],
    ]);
    expect(noveltyAtK([1, 2, 7], userCounts, { userCount: 7, k: 2 })).toBeCloseTo((1 + 3) / 2);
  });

  it('diversity is the mean distance of all pairs', () => {
    const similarity = (left: number, right: number): number => (left + right === 3 ? 1 : 0);
    expect(intraListDiversityAtK([1, 2, 5], similarity, 3)).toBeCloseTo(2 / 3);
    expect(intraListDiversityAtK([1, 2, 5], similarity, 2)).toBe(0);
    expect(intraListDiversityAtK([1], similarity, 3)).toBeNaN();
  });
});
