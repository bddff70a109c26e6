/** Rows copied at once when the journal needs room. */
const CHUNK_ROWS = 4096;

/**
 * What rows of a table held before they were changed, so that a table can go back to a moment without having been
 * copied at it: memory is for the rows changed since, not for the table.
 */
export class RowJournal {
  private readonly kept: Uint8Array;
  private rows: Uint32Array = new Uint32Array(CHUNK_ROWS);
  private keptCount = 0;
  private readonly chunks: Float32Array[] = [];

  constructor(
    rowCount: number,
    private readonly dim: number,
  ) {
    this.kept = new Uint8Array(rowCount);
  }

  /** Rows kept so far. */
  get count(): number {
    return this.keptCount;
  }

  /** Keeps the row as it is now, unless it is kept already. `values` is the whole table. O(dim). */
  keep(row: number, values: Float32Array): void {
    if (this.kept[row] === 1) return;
    this.kept[row] = 1;
    const place = this.keptCount % CHUNK_ROWS;
    if (place === 0) this.chunks.push(new Float32Array(CHUNK_ROWS * this.dim));
    if (this.keptCount === this.rows.length) this.widen();
    const { dim } = this;
    const chunk = this.chunks[this.chunks.length - 1];
    // A loop, not `set`: a view on the row would cost more than its copy.
    for (let column = 0; column < dim; column += 1) chunk[place * dim + column] = values[row * dim + column];
    this.rows[this.keptCount] = row;
    this.keptCount += 1;
  }

  /** Writes everything kept back into the table, and forgets it. O(rows kept · dim). */
  undo(values: Float32Array): void {
    for (let index = 0; index < this.keptCount; index += 1) {
      const chunk = this.chunks[Math.floor(index / CHUNK_ROWS)];
      const from = (index % CHUNK_ROWS) * this.dim;
      values.set(chunk.subarray(from, from + this.dim), this.rows[index] * this.dim);
    }
    this.clear();
  }

  /** Forgets what was kept; costs as much as there was, not as the table has. */
  clear(): void {
    for (let index = 0; index < this.keptCount; index += 1) this.kept[this.rows[index]] = 0;
    this.keptCount = 0;
    this.chunks.length = 0;
  }

  private widen(): void {
    const rows = new Uint32Array(this.rows.length * 2);
    rows.set(this.rows);
    this.rows = rows;
  }
}
