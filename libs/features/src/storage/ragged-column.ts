import { invariant } from '@winnow/domain';
import { grownCapacity, OrdinalColumn, type Cells, type CellsConstructor } from './ordinal-column';

/** Below this many abandoned cells a compaction is not worth its copy. */
const WASTE_MIN = 65_536;
const POOL_LENGTH_MAX = 2 ** 32 - 1;

/** Rows of different lengths, as files hold them: row i is `values[offsets[i] .. offsets[i + 1])`. */
export interface RaggedRows<A extends Cells> {
  /** [rows + 1], ascending. */
  readonly offsets: Uint32Array;
  readonly values: A;
}

/**
 * A list of numbers per ordinal, all in one pool. A row that grows moves to the pool's end; the abandoned
 * cells are reclaimed once they outweigh the live ones, so endless live updates stay within twice the data.
 */
export class RaggedColumn<A extends Cells> {
  private readonly starts: OrdinalColumn<Uint32Array>;
  private readonly lengths: OrdinalColumn<Uint32Array>;
  private cells: A;
  private used: number;
  private wasted = 0;

  constructor(
    private readonly type: CellsConstructor<A>,
    rows?: RaggedRows<A>,
  ) {
    const starts = rows?.offsets.slice(0, -1);
    const lengths = starts?.map((start, row) => rows!.offsets[row + 1] - start);
    this.starts = new OrdinalColumn({ type: Uint32Array, absent: 0, data: starts });
    this.lengths = new OrdinalColumn({ type: Uint32Array, absent: 0, data: lengths });
    this.cells = rows?.values ?? new type(0);
    this.used = this.cells.length;
  }

  /** The backing pool; replaced when it grows, so never keep it across `set`. */
  get pool(): A {
    return this.cells;
  }

  start(ordinal: number): number {
    return this.starts.at(ordinal);
  }

  length(ordinal: number): number {
    return this.lengths.at(ordinal);
  }

  /** A view of the row; valid until the next `set`. */
  row(ordinal: number): A {
    const start = this.start(ordinal);
    return this.cells.subarray(start, start + this.length(ordinal)) as A;
  }

  /** Replaces the row by the first `count` values. */
  set(ordinal: number, values: ArrayLike<number>, count = values.length): void {
    this.starts.reserve(ordinal + 1);
    this.lengths.reserve(ordinal + 1);
    const held = this.lengths.data[ordinal];
    if (count > held) {
      this.wasted += held;
      this.lengths.data[ordinal] = 0;
      this.starts.data[ordinal] = this.allocate(count);
    } else {
      this.wasted += held - count;
    }
    const start = this.starts.data[ordinal];
    for (let index = 0; index < count; index += 1) this.cells[start + index] = values[index];
    this.lengths.data[ordinal] = count;
  }

  /** All rows below `ordinalLimit`, packed. */
  snapshot(ordinalLimit: number): RaggedRows<A> {
    this.starts.reserve(ordinalLimit);
    this.lengths.reserve(ordinalLimit);
    const offsets = new Uint32Array(ordinalLimit + 1);
    for (let row = 0; row < ordinalLimit; row += 1) offsets[row + 1] = offsets[row] + this.lengths.data[row];
    const values = new this.type(offsets[ordinalLimit]);
    for (let row = 0; row < ordinalLimit; row += 1) {
      let source = this.starts.data[row];
      for (let target = offsets[row]; target < offsets[row + 1]; target += 1, source += 1)
        values[target] = this.cells[source];
    }
    return { offsets, values };
  }

  private allocate(count: number): number {
    if (this.wasted > WASTE_MIN && this.wasted * 2 > this.used) this.compact();
    const needed = this.used + count;
    invariant(needed <= POOL_LENGTH_MAX, `a ragged column holds at most ${POOL_LENGTH_MAX} cells`);
    if (needed > this.cells.length) {
      const grown = new this.type(Math.min(grownCapacity(this.cells.length, needed), POOL_LENGTH_MAX));
      grown.set(this.cells.subarray(0, this.used));
      this.cells = grown;
    }
    const start = this.used;
    this.used = needed;
    return start;
  }

  private compact(): void {
    const { offsets, values } = this.snapshot(this.lengths.data.length);
    this.starts.data.set(offsets.subarray(0, -1));
    this.cells = values;
    this.used = values.length;
    this.wasted = 0;
  }
}
