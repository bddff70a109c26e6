import { describe, expect, it } from 'vitest';
import { type Grouping, itemGroupMetrics, parityRatio, userGroupMetrics } from './group-metrics';

/** Items 0 and 1 are red, 2 is blue, 3 is both, 4 is neither. */
const colours: Grouping = { names: ['red', 'blue'], groupsOf: (item) => [[0], [0], [1], [0, 1], []][item] };

describe('metrics by group of items', () => {
  const [red, blue] = itemGroupMetrics({
    rankings: [
      [0, 2],
      [3, 4],
    ],
    relevant: [[0, 1], [2]],
    catalogue: [0, 1, 2, 3, 4],
    grouping: colours,
    k: 2,
  });

  it('divide the catalogue and what people chose among the groups', () => {
    // Red has two items and half of a third, blue one and a half, of four that have a colour.
    expect([red.catalogueShare, blue.catalogueShare]).toEqual([2.5 / 4, 1.5 / 4]);
    expect([red.relevantShare, blue.relevantShare]).toEqual([2 / 3, 1 / 3]);
  });

  it('weigh exposure by position, and compare it with both', () => {
    // First places weigh 1, second places 1 / log₂ 3; item 4 has no colour and takes no part.
    const second = 1 / Math.log2(3);
    const total = 2 + second;
    expect(red.exposureShare).toBeCloseTo((1 + 0.5) / total, 12);
    expect(blue.exposureShare).toBeCloseTo((second + 0.5) / total, 12);
    expect(red.chanceRatio).toBeCloseTo(red.exposureShare / (2.5 / 4), 12);
    expect(red.meritRatio).toBeCloseTo(red.exposureShare / (2 / 3), 12);
  });

  it('count hits among what was relevant', () => {
    expect([red.recall, red.relevantCount]).toEqual([0.5, 2]);
    expect([blue.recall, blue.relevantCount]).toEqual([0, 1]);
  });

  it('say that nothing is known of a group that nobody wanted', () => {
    const [, nobodys] = itemGroupMetrics({
      ...{ rankings: [[0]], relevant: [[0]], catalogue: [0, 2], grouping: colours, k: 1 },
    });
    expect(nobodys).toMatchObject({ recall: NaN, meritRatio: NaN, chanceRatio: 0 });
  });
});

describe('metrics by group of users', () => {
  it('are those of each group alone, without the users who wanted nothing', () => {
    const groups = userGroupMetrics({
      rankings: [
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
      ],
      relevant: [[1], [9], [2], []],
      grouping: { names: ['new', 'old', 'none'], groupsOf: (query) => [query < 2 ? 0 : 1] },
      k: 2,
    });
    expect(groups.map(({ name, userCount }) => [name, userCount])).toEqual([
      ['new', 2],
      ['old', 1],
    ]);
    expect(groups.map(({ recall }) => recall.mean)).toEqual([0.5, 1]);
    expect(groups[1].ndcg.mean).toBeCloseTo(1 / Math.log2(3), 12);
  });
});

describe('the parity ratio', () => {
  it('is least over greatest', () => {
    expect(parityRatio([0.2, 0.4, 0.3])).toBe(0.5);
    expect(parityRatio([0.2, NaN])).toBe(1);
    expect(parityRatio([0, 0])).toBe(1);
    expect(parityRatio([])).toBeNaN();
  });
});
