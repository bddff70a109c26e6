import type { EmbeddingTable, RowGradients } from '@winnow/tensor';
import type { ContentSource } from '../content-source';
import { GrowableFloat32, GrowableUint32 } from '../growable-columns';

/**
 * Everything an item is made of as one bag of rows: hashed content rows first, then one row per dense number,
 * weighted by the number. Encoded once per item and kept in flat columns, so that an epoch re-encodes nothing.
 */
export class ContentBags {
  private starts: Int32Array = new Int32Array(0);
  private lengths: Uint16Array = new Uint16Array(0);
  private readonly rowColumn = new GrowableUint32();
  private readonly weightColumn = new GrowableFloat32();
  private readonly dense: Float32Array;

  constructor(private readonly source: ContentSource) {
    this.dense = new Float32Array(source.denseCount);
  }

  /** Rows of the table that the bags index. */
  get rowCount(): number {
    return this.source.contentRowCount + this.source.denseCount;
  }

  /** Encodes the item now; O(its fields). */
  visit(ordinal: number, onRow: (row: number, weight: number) => void): void {
    const { rows, weights } = this.source.content(ordinal);
    for (let index = 0; index < rows.length; index += 1) onRow(rows[index], weights[index]);
    if (this.dense.length === 0) return;
    this.source.dense(ordinal, this.dense, 0);
    for (let index = 0; index < this.dense.length; index += 1)
      if (this.dense[index] !== 0) onRow(this.source.contentRowCount + index, this.dense[index]);
  }

  /**
   * Adds the item's weighted rows of `table` to `out`, encoding each item only the first time: for training, where the
   * catalogue stands still. O(rows of its content · dim).
   */
  addRows(ordinal: number, table: EmbeddingTable, out: Float32Array, offset: number): void {
    const start = this.startOf(ordinal);
    const rows = this.rowColumn.values;
    const weights = this.weightColumn.values;
    for (let entry = start; entry < start + this.lengths[ordinal]; entry += 1)
      table.addRow(rows[entry], weights[entry], out, offset);
  }

  /** The backward pass of {@link addRows}. */
  addGradients(ordinal: number, gradients: RowGradients, slope: Float32Array, offset: number): void {
    const start = this.startOf(ordinal);
    const rows = this.rowColumn.values;
    const weights = this.weightColumn.values;
    for (let entry = start; entry < start + this.lengths[ordinal]; entry += 1)
      gradients.add(rows[entry], weights[entry], slope, offset);
  }

  /** Where the item's encoded rows begin; encodes them if need be. */
  private startOf(ordinal: number): number {
    this.reserve(ordinal + 1);
    if (this.starts[ordinal] < 0) this.encode(ordinal);
    return this.starts[ordinal];
  }

  private encode(ordinal: number): void {
    this.starts[ordinal] = this.rowColumn.length;
    this.visit(ordinal, (row, weight) => {
      this.rowColumn.push(row);
      this.weightColumn.push(weight);
    });
    this.lengths[ordinal] = this.rowColumn.length - this.starts[ordinal];
  }

  private reserve(ordinalLimit: number): void {
    if (ordinalLimit <= this.starts.length) return;
    const capacity = Math.max(ordinalLimit, this.starts.length * 2);
    const starts = new Int32Array(capacity).fill(-1);
    starts.set(this.starts);
    this.starts = starts;
    const lengths = new Uint16Array(capacity);
    lengths.set(this.lengths);
    this.lengths = lengths;
  }
}
