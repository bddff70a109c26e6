import { invariant } from '@winnow/domain';

/** Rows and columns worked on at once: a panel of them fits the second-level cache. */
const BLOCK = 64;
/** Length of the stretch of a row that is multiplied before moving on. */
const STRETCH = 256;

interface Matrix {
  readonly values: Float64Array;
  readonly size: number;
}

/**
 * Inverts a symmetric positive definite matrix [size, size] in place: Cholesky A = LLᵀ, then L⁻¹, then
 * A⁻¹ = L⁻ᵀL⁻¹. Every step is dot products of contiguous rows, so one kernel does nearly all the work.
 * Throws when the matrix is not positive definite. O(size³), with one more matrix of scratch memory.
 */
export function invertPositiveDefinite(values: Float64Array, size: number): void {
  const matrix = { values, size };
  factorise(matrix);
  const inverse = { values: new Float64Array(size * size), size };
  invertFactor(matrix, inverse);
  multiplyFactors(inverse, matrix);
}

/** Replaces the lower triangle by L. */
function factorise(matrix: Matrix): void {
  const { values, size } = matrix;
  for (let begin = 0; begin < size; begin += BLOCK) {
    const end = Math.min(begin + BLOCK, size);
    addDotProducts({
      out: matrix,
      left: matrix,
      right: matrix,
      rows: [begin, size],
      columns: [begin, end],
      stretch: [0, begin],
      sign: -1,
    });
    for (let row = begin; row < size; row += 1)
      for (let column = begin; column < Math.min(row + 1, end); column += 1) {
        let sum = values[row * size + column];
        for (let at = begin; at < column; at += 1)
          sum -= values[row * size + at] * values[column * size + at];
        if (row === column) {
          invariant(sum > 0, 'the matrix is positive definite');
          values[row * size + column] = Math.sqrt(sum);
        } else {
          values[row * size + column] = sum / values[column * size + column];
        }
      }
  }
}

/** Writes (L⁻¹)ᵀ into the upper triangle of `inverse`, which is zero before. */
function invertFactor(factor: Matrix, inverse: Matrix): void {
  const { values: lower, size } = factor;
  const upper = inverse.values;
  for (let begin = 0; begin < size; begin += BLOCK) {
    const end = Math.min(begin + BLOCK, size);
    for (let top = 0; top < begin; top += BLOCK)
      addDotProducts({
        out: inverse,
        left: inverse,
        right: factor,
        rows: [top, Math.min(top + BLOCK, begin)],
        columns: [begin, end],
        stretch: [top, begin],
        sign: -1,
      });
    for (let row = 0; row < end; row += 1)
      for (let column = Math.max(begin, row); column < end; column += 1) {
        let sum = row === column ? 1 : upper[row * size + column];
        for (let at = Math.max(begin, row); at < column; at += 1)
          sum -= upper[row * size + at] * lower[column * size + at];
        upper[row * size + column] = sum / lower[column * size + column];
      }
  }
}

/** out = U Uᵀ for an upper triangular U, both triangles. */
function multiplyFactors(upper: Matrix, out: Matrix): void {
  const { size } = out;
  out.values.fill(0);
  for (let begin = 0; begin < size; begin += BLOCK) {
    const end = Math.min(begin + BLOCK, size);
    addDotProducts({
      out,
      left: upper,
      right: upper,
      rows: [begin, end],
      columns: [0, end],
      stretch: [begin, size],
      sign: 1,
    });
  }
  for (let row = 0; row < size; row += 1)
    for (let column = 0; column < row; column += 1)
      out.values[column * size + row] = out.values[row * size + column];
}

type Range = readonly [begin: number, end: number];

interface DotProducts {
  readonly out: Matrix;
  readonly left: Matrix;
  readonly right: Matrix;
  /** Rows of `left` and of `out`. */
  readonly rows: Range;
  /** Rows of `right`: columns of `out`. */
  readonly columns: Range;
  /** Columns of `left` and `right` that are multiplied; apart from what is written. */
  readonly stretch: Range;
  readonly sign: 1 | -1;
}

/** out[r, c] += sign · left[r, stretch] · right[c, stretch] for all rows and columns, in tiles of 4 × 2. */
function addDotProducts(work: DotProducts): void {
  for (let begin = work.stretch[0]; begin < work.stretch[1]; begin += STRETCH) {
    const stretch: Range = [begin, Math.min(begin + STRETCH, work.stretch[1])];
    for (let row = work.rows[0]; row < work.rows[1]; row += 4)
      for (let column = work.columns[0]; column < work.columns[1]; column += 2)
        if (row + 4 <= work.rows[1] && column + 2 <= work.columns[1]) addTile(work, row, column, stretch);
        else addEdge(work, row, column, stretch);
  }
}

/** Eight sums in registers: six loads for eight multiplications. */
function addTile(
  { out, left, right, sign }: DotProducts,
  row: number,
  column: number,
  [begin, end]: Range,
): void {
  const { size } = out;
  const a = left.values;
  const b = right.values;
  let a0 = row * size + begin;
  let a1 = a0 + size;
  let a2 = a1 + size;
  let a3 = a2 + size;
  let b0 = column * size + begin;
  let b1 = b0 + size;
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  let s20 = 0;
  let s21 = 0;
  let s30 = 0;
  let s31 = 0;
  for (let at = begin; at < end; at += 1) {
    const x = b[b0++];
    const y = b[b1++];
    const p = a[a0++];
    s00 += p * x;
    s01 += p * y;
    const q = a[a1++];
    s10 += q * x;
    s11 += q * y;
    const r = a[a2++];
    s20 += r * x;
    s21 += r * y;
    const s = a[a3++];
    s30 += s * x;
    s31 += s * y;
  }
  const o = out.values;
  const at = row * size + column;
  o[at] += sign * s00;
  o[at + 1] += sign * s01;
  o[at + size] += sign * s10;
  o[at + size + 1] += sign * s11;
  o[at + 2 * size] += sign * s20;
  o[at + 2 * size + 1] += sign * s21;
  o[at + 3 * size] += sign * s30;
  o[at + 3 * size + 1] += sign * s31;
}

/** What is left of a tile at the right and lower edge. */
function addEdge(work: DotProducts, fromRow: number, fromColumn: number, [begin, end]: Range): void {
  const { out, left, right, sign } = work;
  const { size } = out;
  for (let row = fromRow; row < Math.min(fromRow + 4, work.rows[1]); row += 1)
    for (let column = fromColumn; column < Math.min(fromColumn + 2, work.columns[1]); column += 1) {
      let sum = 0;
      for (let at = begin; at < end; at += 1)
        sum += left.values[row * size + at] * right.values[column * size + at];
      out.values[row * size + column] += sign * sum;
    }
}
