import { ordinal } from '@winnow/domain';
import type { UserState } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { forgottenProbe } from './forgotten.probe';
import { halvesProbe } from './halves.probe';
import { irrelevantProbe } from './irrelevant.probe';
import type { ProbedUser } from './probe';
import { singleTasteProbe } from './single-taste.probe';

const slate = (...ordinals: number[]): Uint32Array => Uint32Array.from(ordinals);

const userWith = (historyCount: number, attributes: UserState['attributes'] = {}): ProbedUser => ({
  slate: slate(1, 2, 3, 4),
  state: {
    recentInteractions: Array.from({ length: historyCount }, (_, index) => ({
      ...{ ordinal: ordinal(100 + index), eventType: 0, timeMs: index, value: 1 },
    })),
    seenOrdinals: slate(100, 101),
    attributes,
  },
});

const historyOf = ({ recentInteractions }: UserState): number[] =>
  recentInteractions.map(({ ordinal: item }) => item);

describe('the single-taste probe', () => {
  // Forty items: the first twenty are red, the others blue, a few are green.
  const probe = singleTasteProbe({
    attribute: 'colour',
    categoriesOf: (item) => [item < 20 ? 'red' : 'blue', ...(item < 3 ? ['green'] : [])],
    ordinals: Array.from({ length: 40 }, (_, item) => item),
    slates: [slate(0, 1, 20, 21)],
    eventType: 2,
    nowMs: 1e9,
  });

  it('makes a user for each category that has enough items, who had its most popular ones', () => {
    expect(probe.users.map(historyOf)).toEqual([
      [20, 21, 22, 23, 24],
      [0, 1, 2, 3, 4],
    ]);
    expect(probe.users[0].recentInteractions.every(({ eventType }) => eventType === 2)).toBe(true);
    expect(probe.note).toContain('blue, red');
  });

  it('says how many times as much of it as others they get', () => {
    // Others get half of each.
    expect(probe.measure([slate(30, 31, 32, 33), slate(5, 6, 7, 8)])).toBe(2);
    expect(probe.measure([slate(30, 31, 5, 6), slate(5, 6, 30, 31)])).toBe(1);
  });
});

describe('the halves probe', () => {
  it('asks for both halves of each long history and compares them with those of the next user', () => {
    const probe = halvesProbe([userWith(3), userWith(8), userWith(9)], 10);
    expect(probe.users.map((state) => historyOf(state).length)).toEqual([4, 4, 5, 4]);
    expect(historyOf(probe.users[1])).toEqual([101, 103, 105, 107]);
    // Halves share three of four and all four; strangers one of four and none.
    const slates = [slate(1, 2, 3, 4), slate(1, 2, 3, 9), slate(5, 6, 7, 8), slate(8, 7, 6, 5)];
    const strangers = [slates[0], slates[3], slates[2], slates[1]];
    expect(strangers[0].filter((item) => slates[3].includes(item))).toHaveLength(0);
    expect(probe.measure(slates)).toBeCloseTo(0.875);
    expect(probe.measure([slates[0], slates[0], slates[0], slates[0]])).toBe(0);
  });

  it('needs two such users', () => {
    expect(halvesProbe([userWith(8)], 10).users).toEqual([]);
  });
});

describe('the probes of what must matter little', () => {
  it('forget the oldest interaction and nothing else', () => {
    const probe = forgottenProbe([userWith(5), userWith(2)], 10);
    expect(probe.users.map(historyOf)).toEqual([[101, 102, 103, 104]]);
    expect(probe.users[0].seenOrdinals).toEqual(slate(100, 101));
    expect(probe.measure([slate(1, 2, 3, 9)])).toBe(0.75);
  });

  it('change the attributes named into those of somebody who has others', () => {
    const users = [
      userWith(1, { device: 'phone', age: 3 }),
      userWith(1, { device: 'phone' }),
      userWith(1, { device: 'desktop', age: 5 }),
    ];
    const probe = irrelevantProbe(users, { attributes: ['device'], userCountMax: 10 });
    expect(probe.users.map(({ attributes }) => attributes)).toEqual([
      { device: 'desktop', age: 3 },
      { device: 'desktop' },
    ]);
    expect(probe.measure([slate(1, 2, 3, 4), slate(1, 2, 8, 9)])).toBe(0.75);
  });

  it('ask nobody when nothing is named, and when all are alike', () => {
    expect(irrelevantProbe([userWith(1)], { attributes: [], userCountMax: 1 }).note).toContain('winnow.yaml');
    const alike = irrelevantProbe([userWith(1, { a: 1 }), userWith(1, { a: 1 })], {
      ...{ attributes: ['a'], userCountMax: 9 },
    });
    expect(alike.users).toEqual([]);
  });
});
