import { describe, expect, it } from 'vitest';
import { seededRandom } from '@winnow/domain';
import type { Description } from '@winnow/domain';
import { firstIndexAt, splitIndex } from './frame';
import { chooseCandidates, keptShare } from './choose-candidates';
import { HorizonLabels } from './horizon-labels';

const flags = (...ordinals: readonly number[]) => new Map(ordinals.map((one) => [one, Float32Array.of(1)]));
const choose = (retrieved: readonly number[], positives: ReturnType<typeof flags>, countMax = 4) =>
  Array.from(chooseCandidates(Uint32Array.from(retrieved), positives, { countMax, random: seededRandom(1) }));

describe('the candidates of an example', () => {
  it('are retrieved ones only: a positive that retrieval missed would teach to favour what looks unretrievable', () => {
    const chosen = choose([1, 2, 3, 4, 5, 6], flags(3, 99));
    expect(chosen).toContain(3);
    expect(chosen).not.toContain(99);
    expect(chosen).toHaveLength(4);
    expect(new Set(chosen).size).toBe(4);
  });

  it('are none when retrieval missed every positive', () => {
    expect(choose([1, 2, 3], flags(99))).toEqual([]);
  });

  it('are measured with also where retrieval missed every positive', () => {
    const options = { countMax: 2, withoutPositives: true, random: seededRandom(1) };
    expect(chooseCandidates(Uint32Array.of(1, 2, 3), flags(99), options)).toHaveLength(2);
  });
});

describe('the candidates of a slate', () => {
  const chooseFrom = (retrieved: readonly number[], shown: readonly number[], countMax = 5) =>
    Array.from(
      chooseCandidates(Uint32Array.from(retrieved), flags(2, 6), {
        ...{ shown: Uint32Array.from(shown), countMax, random: seededRandom(1) },
      }),
    );

  it('are all that was shown, taken or left, before what was merely retrieved', () => {
    const chosen = chooseFrom([1, 3, 4, 5, 6, 7], [2, 3, 9]);
    expect(chosen.slice(0, 4)).toEqual([2, 3, 9, 6]);
    expect(chosen).toHaveLength(5);
    expect([1, 4, 5, 7]).toContain(chosen[4]);
  });

  it('are none when nothing of it was taken, nor of what was retrieved', () => {
    expect(chooseFrom([1, 3], [3, 9])).toEqual([]);
    expect(chooseFrom([1, 6], [3, 9])).toEqual([3, 9, 6, 1]);
  });
});

describe('the sampling rate of an example', () => {
  const rate = (retrieved: readonly number[], chosen: readonly number[]): number =>
    keptShare(Uint32Array.from(retrieved), Uint32Array.from(chosen), flags(1, 2));

  it('is the share of the negatives that were kept, whatever became of the positives', () => {
    expect(rate([1, 2, 3, 4, 5, 6], [1, 2, 3])).toBe(0.25);
    expect(rate([1, 3, 4, 5, 6], [1, 3, 4, 5, 6])).toBe(1);
  });

  it('is 1 when there was nothing to sample', () => {
    expect(rate([1, 2], [1, 2])).toBe(1);
  });
});

describe('the labels of a moment', () => {
  const HOUR_MS = 3_600_000;
  const description = {
    events: [{ name: 'view' }, { name: 'rated' }],
    objectives: [
      { head: 'view', event: 'view', weight: 1 },
      { head: 'love', event: 'rated', valueMin: 4, weight: 1 },
      { head: 'stars', event: 'rated', weight: 1, loss: 'huber' },
    ],
    training: { ranker: { labelHorizonHours: 2 } },
  } as unknown as Description;
  const events = {
    count: 6,
    users: Uint32Array.of(7, 7, 8, 7, 7, 7),
    ordinals: Uint32Array.of(1, 2, 2, 2, 3, 4),
    eventTypes: Uint8Array.of(0, 0, 0, 1, 1, 1),
    timesMs: Float64Array.of(0, 1, 1, 2, 3, 2.5).map((hours) => hours * HOUR_MS),
    values: Float32Array.of(1, 1, 1, 5, 5, 3),
    userIds: [],
  };
  const labels = new HorizonLabels(events, description).of({ user: 7, timeMs: HOUR_MS });

  it('are what the user did from then on until the horizon’s end, odds as 0 or 1 and values as they are', () => {
    expect([...(labels.get(2) ?? [])]).toEqual([1, 1, 5]);
    expect([...(labels.get(4) ?? [])]).toEqual([0, 0, 3]);
  });

  it('know nothing of what came before, after, or from others', () => {
    expect([...labels.keys()].sort()).toEqual([2, 4]);
    expect([...new HorizonLabels(events, description).nothing]).toEqual([0, 0, NaN]);
  });
});

describe('splits in time', () => {
  it('never put events of one moment on both sides', () => {
    const timesMs = Float64Array.of(1, 2, 3, 3, 3, 3, 3, 8, 9, 10);
    expect(splitIndex(timesMs, 0.5)).toBe(2);
    expect(firstIndexAt(timesMs, 3)).toBe(2);
    expect(firstIndexAt(timesMs, 11)).toBe(10);
  });
});
