import { describe, expect, it } from 'vitest';
import { CoOccurrenceSimilarity } from './co-occurrence-similarity';

describe('CoOccurrenceSimilarity', () => {
  // Item 1: users 0, 1, 2; item 2: users 0, 2 (twice); item 3: user 5.
  const similarity = new CoOccurrenceSimilarity({
    users: Uint32Array.of(2, 0, 1, 2, 0, 2, 5),
    ordinals: Uint32Array.of(1, 1, 1, 2, 2, 2, 3),
    timesMs: new Float64Array(7),
  });

  it('is the cosine of the sets of users: worked by hand', () => {
    expect(similarity.similarity(1, 2)).toBeCloseTo(2 / Math.sqrt(3 * 2));
    expect(similarity.similarity(2, 1)).toBe(similarity.similarity(1, 2));
    expect(similarity.similarity(1, 3)).toBe(0);
    expect(similarity.similarity(1, 99)).toBe(0);
    expect(similarity.similarity(2, 2)).toBeCloseTo(1);
  });

  it('counts a user once', () => {
    expect([1, 2, 3, 99].map((ordinal) => similarity.userCount(ordinal))).toEqual([3, 2, 1, 0]);
  });
});
