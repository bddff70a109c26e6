/** The typed arrays that columns are made of. */
export type Cells = Float64Array | Float32Array | Uint32Array | Uint16Array | Uint8Array;
export type CellsConstructor<A extends Cells> = new (length: number) => A;

const CAPACITY_MIN = 64;

/** Next capacity that holds `needed`: at least double, so that appends cost amortised O(1). */
export const grownCapacity = (capacity: number, needed: number): number =>
  Math.max(needed, capacity * 2, CAPACITY_MIN);

export interface OrdinalColumnOptions<A extends Cells> {
  readonly type: CellsConstructor<A>;
  /** What a cell holds that nobody has written. */
  readonly absent: number;
  /** Cells per ordinal; 1 unless the column holds vectors. */
  readonly width?: number;
  /** Adopted without a copy: [ordinals, width]. */
  readonly data?: A;
}

/** `width` cells per ordinal in one typed array that doubles as ordinals arrive. */
export class OrdinalColumn<A extends Cells> {
  readonly width: number;
  private cells: A;
  private readonly type: CellsConstructor<A>;
  private readonly absent: number;

  constructor({ type, absent, width = 1, data }: OrdinalColumnOptions<A>) {
    this.type = type;
    this.absent = absent;
    this.width = width;
    this.cells = data ?? new type(0);
  }

  /** The backing array; replaced when the column grows, so never keep it across `reserve`. */
  get data(): A {
    return this.cells;
  }

  /** The first cell of the ordinal; the absent value beyond what was reserved. */
  at(ordinal: number): number {
    // Reading out of bounds and falling back with ?? would box every number on this hottest of paths.
    const index = ordinal * this.width;
    return index < this.cells.length ? this.cells[index] : this.absent;
  }

  /** Makes cells for every ordinal below `ordinalLimit`. */
  reserve(ordinalLimit: number): void {
    const capacity = this.cells.length / this.width;
    if (ordinalLimit <= capacity) return;
    const grown = new this.type(grownCapacity(capacity, ordinalLimit) * this.width);
    grown.set(this.cells);
    if (this.absent !== 0) grown.fill(this.absent, this.cells.length);
    this.cells = grown;
  }

  /** A copy of the cells of all ordinals below `ordinalLimit`. */
  snapshot(ordinalLimit: number): A {
    this.reserve(ordinalLimit);
    return this.cells.slice(0, ordinalLimit * this.width) as A;
  }
}
