import { invariant } from '@winnow/domain';

/** Rows that are multiplied before moving on: with 64 columns of doubles they fit the first-level cache twice over. */
const ROWS_AT_ONCE = 48;

/** Σ f fᵀ over rows f of a factor matrix, lower triangle only. Holds its scratch, so one serves for many sums. */
export class GramAccumulator {
  private readonly rows: Float64Array;

  /** @param dimension length of a row, a multiple of 4 */
  constructor(private readonly dimension: number) {
    invariant(dimension > 0 && dimension % 4 === 0, 'dimension is a multiple of 4');
    this.rows = new Float64Array(ROWS_AT_ONCE * dimension);
  }

  /** out += Σ over `ids` of row · rowᵀ, out [dimension, dimension]. O(ids · dimension² ÷ 2). */
  add(factors: Float64Array, ids: Uint32Array, out: Float64Array): void {
    const { dimension, rows } = this;
    for (let begin = 0; begin < ids.length; begin += ROWS_AT_ONCE) {
      const count = Math.min(ROWS_AT_ONCE, ids.length - begin);
      for (let index = 0; index < count; index += 1) {
        const from = ids[begin + index] * dimension;
        rows.set(factors.subarray(from, from + dimension), index * dimension);
      }
      for (let row = 0; row < dimension; row += 4)
        for (let column = 0; column <= row + 2; column += 2) this.addTile(count, row, column, out);
    }
  }

  /** out[row … row + 3, column … column + 1] in eight registers: six loads for eight multiplications. */
  private addTile(count: number, row: number, column: number, out: Float64Array): void {
    const { dimension, rows } = this;
    let s00 = 0;
    let s01 = 0;
    let s10 = 0;
    let s11 = 0;
    let s20 = 0;
    let s21 = 0;
    let s30 = 0;
    let s31 = 0;
    for (let index = 0, left = row, right = column; index < count; index += 1) {
      const x = rows[right];
      const y = rows[right + 1];
      const p = rows[left];
      s00 += p * x;
      s01 += p * y;
      const q = rows[left + 1];
      s10 += q * x;
      s11 += q * y;
      const r = rows[left + 2];
      s20 += r * x;
      s21 += r * y;
      const s = rows[left + 3];
      s30 += s * x;
      s31 += s * y;
      left += dimension;
      right += dimension;
    }
    const at = row * dimension + column;
    out[at] += s00;
    out[at + 1] += s01;
    out[at + dimension] += s10;
    out[at + dimension + 1] += s11;
    out[at + 2 * dimension] += s20;
    out[at + 2 * dimension + 1] += s21;
    out[at + 3 * dimension] += s30;
    out[at + 3 * dimension + 1] += s31;
  }
}
