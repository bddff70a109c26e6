import { axpy } from './axpy';
import type { Bags } from './embedding-table';

/**
 * Gradients of the few rows of a table that a batch touched, summed per row. Reusable: {@link clear} costs as much
 * as there were rows, not as the table has.
 */
export class RowGradients {
  /** Slot of each row, plus 1; 0 for rows without gradient, so that a large table costs no pass to set up. */
  private readonly slots: Int32Array;
  private touched: Uint32Array = new Uint32Array(1024);
  private sums: Float32Array;
  private touchedCount = 0;

  constructor(
    rowCount: number,
    readonly dim: number,
  ) {
    this.slots = new Int32Array(rowCount);
    this.sums = new Float32Array(1024 * dim);
  }

  /** Rows that have a gradient now. */
  get count(): number {
    return this.touchedCount;
  }

  /** `gradient(row) += weight · values[offset …]`. O(dim). */
  add(row: number, weight: number, values: Float32Array, offset: number): void {
    let slot = this.slots[row] - 1;
    if (slot < 0) {
      slot = this.touchedCount;
      if (slot === this.touched.length) this.widen();
      this.slots[row] = slot + 1;
      this.touched[slot] = row;
      this.touchedCount += 1;
    }
    axpy(this.dim, weight, values, offset, this.sums, slot * this.dim);
  }

  /** The backward pass of {@link EmbeddingTable.addBags}: `values` is the gradient of its output, [owners, dim]. */
  addBags(bags: Bags, values: Float32Array): void {
    for (let owner = 0; owner + 1 < bags.offsets.length; owner += 1)
      for (let entry = bags.offsets[owner]; entry < bags.offsets[owner + 1]; entry += 1)
        this.add(bags.rows[entry], bags.weights[entry], values, owner * this.dim);
  }

  /** Visits the rows in the order they were first touched. */
  forEach(visit: (row: number, values: Float32Array, offset: number) => void): void {
    for (let slot = 0; slot < this.touchedCount; slot += 1)
      visit(this.touched[slot], this.sums, slot * this.dim);
  }

  clear(): void {
    for (let slot = 0; slot < this.touchedCount; slot += 1) this.slots[this.touched[slot]] = 0;
    this.sums.fill(0, 0, this.touchedCount * this.dim);
    this.touchedCount = 0;
  }

  private widen(): void {
    const touched = new Uint32Array(this.touched.length * 2);
    touched.set(this.touched);
    this.touched = touched;
    const sums = new Float32Array(this.sums.length * 2);
    sums.set(this.sums);
    this.sums = sums;
  }
}
