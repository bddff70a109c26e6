import { ExactIndex } from '@winnow/ann-index';
import { ordinal, type VectorIndex } from '@winnow/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { IndexUpdates } from './index-updates';

const DIMENSION = 4;

describe('IndexUpdates', () => {
  let index: VectorIndex;
  let available: Set<number>;
  let encoded: number[][];
  let errors: { error: unknown; ordinals: number[] }[];
  let axis: number;
  let updates: IndexUpdates;

  beforeEach(() => {
    index = new ExactIndex(DIMENSION);
    available = new Set();
    encoded = [];
    errors = [];
    axis = 0;
    updates = new IndexUpdates({
      index,
      isAvailable: (each) => available.has(each),
      encodeItems: async (ordinals) => {
        encoded.push(Array.from(ordinals));
        const vectors = new Float32Array(ordinals.length * DIMENSION);
        for (let row = 0; row < ordinals.length; row += 1)
          vectors[row * DIMENSION + axis] = ordinals[row] === 13 ? Number.NaN : 1;
        return vectors;
      },
      onError: (error, ordinals) => errors.push({ error, ordinals: Array.from(ordinals) }),
    });
  });

  const change = async (...ordinals: number[]): Promise<void> => {
    ordinals.forEach((each) => updates.changed(each));
    await updates.settled();
  };

  it('indexes what is available, and removes what is not', async () => {
    available = new Set([1, 2, 3]);
    await change(1, 2, 3);
    expect(index.count()).toBe(3);
    available.delete(2);
    await change(2);
    expect(await index.vector(ordinal(2))).toBeNull();
    expect(index.count()).toBe(2);
  });

  it('encodes an item that changed many times once, as it is now', async () => {
    available = new Set([7]);
    for (let times = 0; times < 50; times += 1) updates.changed(7);
    axis = 2;
    await updates.settled();
    expect(encoded).toEqual([[7]]);
    expect(await index.vector(ordinal(7))).toEqual(Float32Array.of(0, 0, 1, 0));
  });

  it('cuts a flood into batches, and takes in changes that arrive meanwhile', async () => {
    available = new Set(Array.from({ length: 400 }, (_, each) => each + 100));
    for (const each of available) updates.changed(each);
    await Promise.resolve();
    available.add(9);
    updates.changed(9);
    await updates.settled();
    expect(index.count()).toBe(401);
    expect(Math.max(...encoded.map((batch) => batch.length))).toBeLessThanOrEqual(128);
    expect(updates.pendingCount).toBe(0);
  });

  it('does not bring back an item that was deleted while its vector was made', async () => {
    available = new Set([5]);
    const slow = new IndexUpdates({
      index,
      isAvailable: (each) => available.has(each),
      encodeItems: async () => {
        available.delete(5);
        slow.changed(5);
        return Float32Array.of(1, 0, 0, 0);
      },
      onError: (error) => errors.push({ error, ordinals: [] }),
    });
    slow.changed(5);
    await slow.settled();
    expect(index.count()).toBe(0);
    expect(errors).toEqual([]);
  });

  it('reports a vector that cannot be stored, and goes on with the others', async () => {
    available = new Set([12, 13, 14]);
    await change(12, 13, 14);
    expect(index.count()).toBe(2);
    expect(errors).toHaveLength(1);
    expect(errors[0].ordinals).toEqual([13]);
    expect(String(errors[0].error)).toMatch(/not finite/);
  });

  it('takes no changes once it is closed', async () => {
    available = new Set([1]);
    await updates.close();
    await change(1);
    expect(index.count()).toBe(0);
  });
});
