import { invertPositiveDefinite } from './positive-definite';

/** left [rows, inner] · right [inner, columns] → [rows, columns], all row-major. */
export type MatrixProduct = (
  left: Float32Array,
  right: Float32Array,
  shape: { readonly rows: number; readonly inner: number; readonly columns: number },
) => Promise<Float32Array>;

/** Up to here cutting on costs more than it saves. */
const WHOLE_SIZE_MAX = 192;

/**
 * The inverse of a symmetric positive definite matrix [size, size], by Schur complements of halves of halves: nearly all
 * of the work is in products of large matrices, for which a caller may have something faster than loops over arrays.
 * Single precision throughout: relative errors are about 10⁻⁷ times the ratio of the largest to the smallest eigenvalue.
 * Throws when the matrix is not positive definite. O(size³), with four more matrices of memory.
 */
export async function invertByBlocks(
  matrix: Float32Array,
  size: number,
  multiply: MatrixProduct,
): Promise<Float32Array> {
  if (size <= WHOLE_SIZE_MAX) {
    const values = Float64Array.from(matrix);
    invertPositiveDefinite(values, size);
    return Float32Array.from(values);
  }
  const head = size >> 1;
  const tail = size - head;
  const topRight = blockOf(matrix, size, { row: 0, column: head, rows: head, columns: tail });
  const bottomLeft = blockOf(matrix, size, { row: head, column: 0, rows: tail, columns: head });
  const bottomRight = blockOf(matrix, size, { row: head, column: head, rows: tail, columns: tail });

  const headInverse = await invertByBlocks(
    blockOf(matrix, size, { row: 0, column: 0, rows: head, columns: head }),
    head,
    multiply,
  );
  const reduced = await multiply(headInverse, topRight, { rows: head, inner: head, columns: tail });
  const explained = await multiply(bottomLeft, reduced, { rows: tail, inner: head, columns: tail });
  for (let at = 0; at < bottomRight.length; at += 1) bottomRight[at] -= explained[at];
  const tailInverse = await invertByBlocks(bottomRight, tail, multiply);
  const coupling = await multiply(reduced, tailInverse, { rows: head, inner: tail, columns: tail });
  const correction = await multiply(coupling, transposed(reduced, head, tail), {
    rows: head,
    inner: tail,
    columns: head,
  });
  for (let at = 0; at < headInverse.length; at += 1) headInverse[at] += correction[at];
  for (let at = 0; at < coupling.length; at += 1) coupling[at] = -coupling[at];

  const inverse = new Float32Array(size * size);
  putBlock(inverse, size, { row: 0, column: 0, columns: head }, headInverse);
  putBlock(inverse, size, { row: 0, column: head, columns: tail }, coupling);
  putBlock(inverse, size, { row: head, column: 0, columns: head }, transposed(coupling, head, tail));
  putBlock(inverse, size, { row: head, column: head, columns: tail }, tailInverse);
  return inverse;
}

function blockOf(
  matrix: Float32Array,
  size: number,
  at: { readonly row: number; readonly column: number; readonly rows: number; readonly columns: number },
): Float32Array {
  const block = new Float32Array(at.rows * at.columns);
  for (let row = 0; row < at.rows; row += 1) {
    const from = (at.row + row) * size + at.column;
    block.set(matrix.subarray(from, from + at.columns), row * at.columns);
  }
  return block;
}

function putBlock(
  matrix: Float32Array,
  size: number,
  at: { readonly row: number; readonly column: number; readonly columns: number },
  block: Float32Array,
): void {
  for (let row = 0; row * at.columns < block.length; row += 1)
    matrix.set(block.subarray(row * at.columns, (row + 1) * at.columns), (at.row + row) * size + at.column);
}

/** Square tiles of this side fit the first-level cache, so that neither side is read by single numbers. */
const TILE = 32;

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  for (let top = 0; top < rows; top += TILE)
    for (let left = 0; left < columns; left += TILE)
      for (let row = top; row < Math.min(top + TILE, rows); row += 1)
        for (let column = left; column < Math.min(left + TILE, columns); column += 1)
          out[column * rows + row] = matrix[row * columns + column];
  return out;
}
