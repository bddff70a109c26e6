import { invariant } from '@winnow/domain';

/**
 * Solves A x = b for one small symmetric positive definite A [size, size], of which the lower triangle is read; A is
 * overwritten by its Cholesky factor and b by x. Throws when A is not positive definite. O(size³ ÷ 6).
 */
export function solvePositiveDefinite(matrix: Float64Array, vector: Float64Array, size: number): void {
  factorisePositiveDefinite(matrix, size);
  solveLowerTriangular(matrix, vector, size);
  // Lᵀ x = y, column by column, so that rows of L are read in order.
  for (let row = size - 1; row >= 0; row -= 1) {
    const start = row * size;
    const value = vector[row] / matrix[start + row];
    vector[row] = value;
    for (let at = 0; at < row; at += 1) vector[at] -= matrix[start + at] * value;
  }
}

/** Solves L x = b for a lower triangular L [size, size]; b is overwritten by x. O(size² ÷ 2). */
export function solveLowerTriangular(factor: Float64Array, vector: Float64Array, size: number): void {
  for (let row = 0; row < size; row += 1) {
    let sum = vector[row];
    const start = row * size;
    for (let at = 0; at < row; at += 1) sum -= factor[start + at] * vector[at];
    vector[row] = sum / factor[start + row];
  }
}

/**
 * Replaces the lower triangle of a small symmetric positive definite A [size, size] by its Cholesky factor L, A = L Lᵀ,
 * and leaves the upper one as it is. Throws when A is not positive definite. O(size³ ÷ 6).
 */
export function factorisePositiveDefinite(matrix: Float64Array, size: number): void {
  // Two rows at a time, and a last single one where the size is odd.
  const even = size - (size % 2);
  for (let row = 0; row < even; row += 2) {
    for (let column = 0; column < row; column += 2) solveTile(matrix, row * size, column, size);
    finishPair(matrix, row, size);
  }
  if (even < size) finishLast(matrix, even, size);
}

/**
 * The 2 × 2 tile of L below the diagonal that begins at `own + column`. Four sums side by side, because one alone waits
 * for each subtraction to end.
 */
function solveTile(matrix: Float64Array, own: number, column: number, size: number): void {
  const next = own + size;
  const other = column * size;
  const below = other + size;
  let s00 = matrix[own + column];
  let s01 = matrix[own + column + 1];
  let s10 = matrix[next + column];
  let s11 = matrix[next + column + 1];
  for (let at = 0; at < column; at += 1) {
    const x = matrix[own + at];
    const y = matrix[next + at];
    const u = matrix[other + at];
    const w = matrix[below + at];
    s00 -= x * u;
    s01 -= x * w;
    s10 -= y * u;
    s11 -= y * w;
  }
  const upper = matrix[other + column];
  const side = matrix[below + column];
  const lower = matrix[below + column + 1];
  const first = s00 / upper;
  const second = s10 / upper;
  matrix[own + column] = first;
  matrix[own + column + 1] = (s01 - first * side) / lower;
  matrix[next + column] = second;
  matrix[next + column + 1] = (s11 - second * side) / lower;
}

/** The diagonal tile of two rows whose other entries are done. */
function finishPair(matrix: Float64Array, row: number, size: number): void {
  const own = row * size;
  const next = own + size;
  let upper = matrix[own + row];
  let side = matrix[next + row];
  let lower = matrix[next + row + 1];
  for (let at = 0; at < row; at += 1) {
    const x = matrix[own + at];
    const y = matrix[next + at];
    upper -= x * x;
    side -= y * x;
    lower -= y * y;
  }
  const root = rootOf(upper);
  side /= root;
  matrix[own + row] = root;
  matrix[next + row] = side;
  matrix[next + row + 1] = rootOf(lower - side * side);
}

function finishLast(matrix: Float64Array, row: number, size: number): void {
  const own = row * size;
  for (let column = 0; column <= row; column += 1) {
    const other = column * size;
    let sum = matrix[own + column];
    for (let at = 0; at < column; at += 1) sum -= matrix[own + at] * matrix[other + at];
    matrix[own + column] = column < row ? sum / matrix[other + column] : rootOf(sum);
  }
}

function rootOf(pivot: number): number {
  invariant(pivot > 0, 'the matrix is positive definite');
  return Math.sqrt(pivot);
}
