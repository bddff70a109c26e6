import { describe, expect, it } from 'vitest';
import { seededRandom } from '@winnow/domain';
import { firstIndexAt, splitIndex } from './frame';
import { chooseCandidates } from './ranking-examples';

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
});

describe('splits in time', () => {
  it('never put events of one moment on both sides', () => {
    const timesMs = Float64Array.of(1, 2, 3, 3, 3, 3, 3, 8, 9, 10);
    expect(splitIndex(timesMs, 0.5)).toBe(2);
    expect(firstIndexAt(timesMs, 3)).toBe(2);
    expect(firstIndexAt(timesMs, 11)).toBe(10);
  });
});
