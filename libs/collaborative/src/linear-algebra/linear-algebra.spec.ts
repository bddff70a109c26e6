import { gaussian, seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { GramAccumulator } from './gram-matrix';
import { invertPositiveDefinite } from './positive-definite';
import { solvePositiveDefinite } from './solve-positive-definite';

/** A Aᵀ + size · I. */
function randomPositiveDefinite(size: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const factor = Float64Array.from({ length: size * size }, () => gaussian(random));
  const matrix = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < size; column += 1) {
      let sum = row === column ? size : 0;
      for (let at = 0; at < size; at += 1) sum += factor[row * size + at] * factor[column * size + at];
      matrix[row * size + column] = sum;
    }
  return matrix;
}

describe('invertPositiveDefinite', () => {
  it('gives the inverse at sizes around its block and tile edges', () => {
    for (const size of [1, 2, 3, 5, 63, 64, 65, 130, 193]) {
      const matrix = randomPositiveDefinite(size, 2);
      const inverse = matrix.slice();
      invertPositiveDefinite(inverse, size);
      let worst = 0;
      for (let row = 0; row < size; row += 1)
        for (let column = 0; column < size; column += 1) {
          let sum = 0;
          for (let at = 0; at < size; at += 1) sum += matrix[row * size + at] * inverse[at * size + column];
          worst = Math.max(worst, Math.abs(sum - (row === column ? 1 : 0)));
        }
      expect(worst).toBeLessThan(1e-9);
    }
  });

  it('refuses a matrix that is not positive definite', () => {
    expect(() => invertPositiveDefinite(Float64Array.of(1, 2, 2, 1), 2)).toThrow('positive definite');
  });
});

describe('solvePositiveDefinite', () => {
  it('solves, reading the lower triangle only', () => {
    const random = seededRandom(5);
    for (const size of [1, 2, 7, 64]) {
      const matrix = randomPositiveDefinite(size, size);
      const wanted = Float64Array.from({ length: size }, () => gaussian(random));
      const vector = wanted.map((_, row) =>
        wanted.reduce((sum, value, column) => sum + matrix[row * size + column] * value, 0),
      );
      for (let row = 0; row < size; row += 1)
        for (let column = row + 1; column < size; column += 1) matrix[row * size + column] = NaN;
      solvePositiveDefinite(matrix, vector, size);
      wanted.forEach((value, row) => expect(vector[row]).toBeCloseTo(value, 9));
    }
  });

  it('refuses a matrix that is not positive definite', () => {
    expect(() => solvePositiveDefinite(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1), 2)).toThrow(
      'positive definite',
    );
  });
});

describe('GramAccumulator', () => {
  it('adds the outer products of the chosen rows to the lower triangle', () => {
    const random = seededRandom(7);
    for (const [dimension, idCount] of [
      [4, 3],
      [8, 100],
      [12, 48],
    ]) {
      const factors = Float64Array.from({ length: 60 * dimension }, () => gaussian(random));
      const ids = Uint32Array.from({ length: idCount }, () => Math.floor(random() * 60));
      const out = new Float64Array(dimension ** 2).fill(1);
      new GramAccumulator(dimension).add(factors, ids, out);
      for (let row = 0; row < dimension; row += 1)
        for (let column = 0; column <= row; column += 1) {
          let expected = 1;
          for (const id of ids) expected += factors[id * dimension + row] * factors[id * dimension + column];
          expect(out[row * dimension + column]).toBeCloseTo(expected, 9);
        }
    }
  });

  it('refuses a dimension that its tiles do not divide', () => {
    expect(() => new GramAccumulator(6)).toThrow('multiple of 4');
  });
});
