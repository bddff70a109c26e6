import { describe, expect, it } from 'vitest';
import {
  assertAligned,
  assertFinite,
  assertPartition,
  assertPermutation,
  assertUnique,
  rankedByScore,
} from './invariants';

const itself = (value: number): number => value;
const removed = (...candidates: number[]): { candidate: number; reason: string }[] =>
  candidates.map((candidate) => ({ candidate, reason: 'test' }));

describe('invariants', () => {
  it('tells a repeated candidate', () => {
    expect(() => assertUnique('part', [1, 2], itself)).not.toThrow();
    expect(() => assertUnique('part', [1, 1], itself)).toThrow('part returned a candidate twice');
  });

  it('tells output of another length or order from aligned output', () => {
    expect(() => assertAligned('part', [1, 2], [1, 2], itself)).not.toThrow();
    expect(() => assertAligned('part', [1, 2], [1], itself)).toThrow('got 2 candidates and returned 1');
    expect(() => assertAligned('part', [1, 2], [2, 1], itself)).toThrow('another candidate at index 0');
  });

  it.each([NaN, Infinity, -Infinity])('tells a score of %s', (score) => {
    expect(() => assertFinite('part', [1, score], itself)).toThrow('not finite');
  });

  it.each([
    ['loses one', [1], removed(2)],
    ['invents one', [1, 4], removed(2)],
    ['keeps and removes one', [1, 3], removed(3)],
    ['reorders', [3, 1], removed(2)],
  ])('tells a filter that %s', (_name, kept, out) => {
    expect(() => assertPartition('part', [1, 2, 3], { kept, removed: out }, itself)).toThrow('part');
  });

  it('accepts a filter whose kept and removed are the input', () => {
    expect(() =>
      assertPartition('part', [1, 2, 3], { kept: [1, 3], removed: removed(2) }, itself),
    ).not.toThrow();
  });

  it('tells anything but a permutation', () => {
    expect(() => assertPermutation('part', [1, 2], [2, 1], itself)).not.toThrow();
    expect(() => assertPermutation('part', [1, 2], [1], itself)).toThrow();
    expect(() => assertPermutation('part', [1, 2], [1, 1], itself)).toThrow();
    expect(() => assertPermutation('part', [1, 2], [1, 3], itself)).toThrow();
  });

  it('breaks ties by key, smaller first', () => {
    const candidates = [
      { key: 9, score: 1 },
      { key: 3, score: 2 },
      { key: 2, score: 1 },
    ];
    const ranked = rankedByScore(
      candidates,
      ({ score }) => score,
      ({ key }) => key,
    );
    expect(ranked.map(({ key }) => key)).toEqual([3, 2, 9]);
  });
});
