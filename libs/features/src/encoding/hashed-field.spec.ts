import { describe, expect, it } from 'vitest';
import { BUCKET_COUNT_MAX, hashedFieldFor, hashedRow } from './hashed-field';

const vocabulary = (size: number): string[] => Array.from({ length: size }, (_, index) => `value-${index}`);

describe('hashedFieldFor', () => {
  it('gives a small vocabulary a row each', () => {
    for (const size of [1, 5, 20]) {
      const field = hashedFieldFor('genre', vocabulary(size), 100);
      expect(new Set(vocabulary(size).map((value) => hashedRow(field, value))).size).toBe(size);
    }
  });

  it('sizes ranges by powers of two, within bounds', () => {
    expect(hashedFieldFor('a', [], 0).bucketCount).toBe(64);
    expect(hashedFieldFor('a', vocabulary(1_000), 0).bucketCount).toBe(4_096);
    expect(hashedFieldFor('a', vocabulary(200_000), 0).bucketCount).toBe(BUCKET_COUNT_MAX);
  });

  it('finds a row in its range for values never met', () => {
    const field = hashedFieldFor('genre', vocabulary(20), 1_000);
    for (const value of ['', '🙂', 'never met']) {
      expect(hashedRow(field, value)).toBeGreaterThanOrEqual(1_000);
      expect(hashedRow(field, value)).toBeLessThan(1_000 + field.bucketCount);
    }
  });
});
