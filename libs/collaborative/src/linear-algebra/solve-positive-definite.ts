import { invariant } from '@winnow/domain';

/**
 * Solves A x = b for one small symmetric positive definite A [size, size], of which the lower triangle is read; A is
 * overwritten by its Cholesky factor and b by x. Throws when A is not positive definite. O(size³ ÷ 6).
 */
export function solvePositiveDefinite(matrix: Float64Array, vector: Float64Array, size: number): void {
  factorise(matrix, size);
  for (let row = 0; row < size; row += 1) {
    let sum = vector[row];
    const start = row * size;
    for (let at = 0; at < row; at += 1) sum -= matrix[start + at] * vector[at];
    vector[row] = sum / matrix[start + row];
  }
  // Lᵀ x = y, column by column, so that rows of L are read in order.
  for (let row = size - 1; row >= 0; row -= 1) {
    const start = row * size;
    const value = vector[row] / matrix[start + row];
    vector[row] = value;
    for (let at = 0; at < row; at += 1) vector[at] -= matrix[start + at] * value;
  }
}

/** Replaces the lower triangle by L, A = L Lᵀ, row by row. */
function factorise(matrix: Float64Array, size: number): void {
  for (let row = 0; row < size; row += 1) {
    const own = row * size;
    for (let column = 0; column <= row; column += 1) {
      const other = column * size;
      let sum = matrix[own + column];
      for (let at = 0; at < column; at += 1) sum -= matrix[own + at] * matrix[other + at];
      if (column < row) {
        matrix[own + column] = sum / matrix[other + column];
      } else {
        invariant(sum > 0, 'the matrix is positive definite');
        matrix[own + row] = Math.sqrt(sum);
      }
    }
  }
}
