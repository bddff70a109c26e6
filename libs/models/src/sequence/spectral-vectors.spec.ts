import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { spectralVectors } from './spectral-vectors';

const ITEMS = 9;

function randomSequences(): Uint32Array[] {
  const random = seededRandom(5);
  return Array.from({ length: 40 }, () =>
    Uint32Array.from({ length: 2 + Math.floor(random() * 4) }, () => Math.floor(random() * (ITEMS - 1))),
  );
}

/** AᵀA of the normalised binary users × items matrix, written out. */
function meetings(sequences: readonly Uint32Array[]): number[][] {
  const histories = sequences.map((sequence) => new Set(sequence));
  const users = Array.from({ length: ITEMS }, (_, item) => histories.filter((own) => own.has(item)).length);
  return users.map((left, row) =>
    users.map((right, column) => {
      const both = histories.filter((own) => own.has(row) && own.has(column));
      return both.reduce((sum, own) => sum + 1 / (own.size * Math.sqrt(left * right)), 0);
    }),
  );
}

const gram = (vectors: Float32Array, dim: number, left: number, right: number): number => {
  let sum = 0;
  for (let column = 0; column < dim; column += 1)
    sum += vectors[left * dim + column] * vectors[right * dim + column];
  return sum;
};

describe('spectral vectors', () => {
  it('give back how items meet when there is room for all directions', () => {
    const sequences = randomSequences();
    const vectors = spectralVectors({ sequences, itemCount: ITEMS, dimension: 8, seed: 1 });
    const wanted = meetings(sequences);
    for (let left = 0; left < ITEMS - 1; left += 1)
      for (let right = 0; right < ITEMS - 1; right += 1)
        expect(gram(vectors, 8, left, right)).toBeCloseTo(wanted[left][right], 3);
  });

  it('leave an item that nobody had at zero', () => {
    const vectors = spectralVectors({
      sequences: randomSequences(),
      itemCount: ITEMS,
      dimension: 4,
      seed: 1,
    });
    expect([...vectors.subarray((ITEMS - 1) * 4)].every((value) => Math.abs(value) < 1e-6)).toBe(true);
  });

  it('keep what is common when there is room for little: two groups fall apart along one direction each', () => {
    const sequences = [
      [0, 1, 2],
      [0, 1],
      [1, 2],
      [3, 4],
      [4, 5],
      [3, 4, 5],
    ].map((items) => Uint32Array.from(items));
    const vectors = spectralVectors({ sequences, itemCount: 6, dimension: 2, seed: 2 });
    expect(Math.abs(gram(vectors, 2, 0, 4))).toBeLessThan(0.02);
    expect(gram(vectors, 2, 0, 1)).toBeGreaterThan(0.1);
    expect(gram(vectors, 2, 3, 5)).toBeGreaterThan(0.1);
  });
});
