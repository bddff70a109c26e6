/** Row that every key without rows of its own shares. */
export const SHARED_ROW = 0;

/**
 * Which rows of a table stand for a key (an ordinal). Row 0 is shared by all keys that are not admitted: too rare, too
 * long unseen, or new since training.
 */
export interface RowAssignment {
  /** Rows that the table must have for the keys admitted so far, the shared one included. */
  readonly rowCount: number;
  isAdmitted(key: number): boolean;
  /** The key's row, or {@link SHARED_ROW}. */
  rowOf(key: number): number;
  /** Where a key is the sum of two rows, the second; else −1. */
  secondRowOf(key: number): number;
  /** O(keys). */
  admit(keys: ArrayLike<number>): void;
  /**
   * Takes the keys' rows away; they go by the shared row until they are admitted again. Returns the rows that no key has
   * any more, to be made new for whoever gets them next. O(keys).
   */
  expire(keys: ArrayLike<number>): number[];
  /** What {@link DirectRows.of}, {@link AssignedRows.of} or {@link HashedRows.of} is made from again, [keys]. */
  readonly column: Uint8Array | Uint32Array;
}

const limitOf = (keys: ArrayLike<number>): number => {
  let limit = 0;
  for (let index = 0; index < keys.length; index += 1) limit = Math.max(limit, keys[index] + 1);
  return limit;
};

function extended<T extends Uint8Array | Uint32Array>(column: T, length: number): T {
  if (length <= column.length) return column;
  const wider = new (column.constructor as new (length: number) => T)(length);
  wider.set(column);
  return wider;
}

/** Key k has row k + 1: nothing to look up, and a row for every key below the highest. */
export class DirectRows implements RowAssignment {
  private constructor(private admitted: Uint8Array) {}

  static empty(): DirectRows {
    return new DirectRows(new Uint8Array(0));
  }

  /** @param column 1 for each admitted key */
  static of(column: Uint8Array): DirectRows {
    return new DirectRows(column);
  }

  get rowCount(): number {
    return this.admitted.length + 1;
  }

  get column(): Uint8Array {
    return this.admitted;
  }

  isAdmitted(key: number): boolean {
    return this.admitted[key] === 1;
  }

  rowOf(key: number): number {
    return this.admitted[key] === 1 ? key + 1 : SHARED_ROW;
  }

  secondRowOf(): number {
    return -1;
  }

  admit(keys: ArrayLike<number>): void {
    this.admitted = extended(this.admitted, limitOf(keys));
    for (let index = 0; index < keys.length; index += 1) this.admitted[keys[index]] = 1;
  }

  expire(keys: ArrayLike<number>): number[] {
    const freed: number[] = [];
    for (let index = 0; index < keys.length; index += 1) {
      if (!this.isAdmitted(keys[index])) continue;
      freed.push(this.rowOf(keys[index]));
      this.admitted[keys[index]] = 0;
    }
    return freed;
  }
}

/**
 * Keys get the next free row when they are admitted, and rows of expired keys are given out again: the table is as long
 * as there are keys worth a row, at 4 bytes for every key.
 */
export class AssignedRows implements RowAssignment {
  private readonly free: number[] = [];

  private constructor(
    private rows: Uint32Array,
    private nextRow: number,
  ) {}

  static empty(): AssignedRows {
    return new AssignedRows(new Uint32Array(0), SHARED_ROW + 1);
  }

  /** @param column row of each key, 0 for none; rows below `rowCount` that no key has are free. O(keys + rows). */
  static of(column: Uint32Array, rowCount: number): AssignedRows {
    const assigned = new AssignedRows(column, rowCount);
    const taken = new Uint8Array(rowCount);
    for (const row of column) {
      if (row >= rowCount) throw new RangeError(`row ${row} is beyond the table's ${rowCount}`);
      taken[row] = 1;
    }
    for (let row = rowCount - 1; row > SHARED_ROW; row -= 1) if (taken[row] === 0) assigned.free.push(row);
    return assigned;
  }

  get rowCount(): number {
    return this.nextRow;
  }

  get column(): Uint32Array {
    return this.rows;
  }

  isAdmitted(key: number): boolean {
    return this.rowOf(key) !== SHARED_ROW;
  }

  rowOf(key: number): number {
    return key < this.rows.length ? this.rows[key] : SHARED_ROW;
  }

  secondRowOf(): number {
    return -1;
  }

  admit(keys: ArrayLike<number>): void {
    this.rows = extended(this.rows, limitOf(keys));
    for (let index = 0; index < keys.length; index += 1)
      if (!this.isAdmitted(keys[index])) this.rows[keys[index]] = this.free.pop() ?? this.nextRow++;
  }

  expire(keys: ArrayLike<number>): number[] {
    const freed: number[] = [];
    for (let index = 0; index < keys.length; index += 1) {
      const row = this.rowOf(keys[index]);
      if (row === SHARED_ROW) continue;
      freed.push(row);
      this.rows[keys[index]] = SHARED_ROW;
    }
    for (const row of freed) this.free.push(row);
    return freed;
  }
}

/**
 * Every admitted key is the sum of two rows of a table of fixed size, chosen by two hashes (Zhang et al., "Model size
 * reduction using frequency based double hashing", RecSys 2020): two keys are the same only if both hashes collide, so
 * that a table much smaller than the vocabulary still tells its keys apart.
 */
export class HashedRows implements RowAssignment {
  private constructor(
    private admitted: Uint8Array,
    readonly rowCount: number,
  ) {}

  static empty(rowCount: number): HashedRows {
    return HashedRows.of(new Uint8Array(0), rowCount);
  }

  /** @param column 1 for each admitted key */
  static of(column: Uint8Array, rowCount: number): HashedRows {
    if (rowCount < 3) throw new RangeError(`${rowCount} rows are too few to hash into`);
    return new HashedRows(column, rowCount);
  }

  get column(): Uint8Array {
    return this.admitted;
  }

  isAdmitted(key: number): boolean {
    return this.admitted[key] === 1;
  }

  rowOf(key: number): number {
    return this.isAdmitted(key) ? this.hashed(key, 0x9e37_79b9) : SHARED_ROW;
  }

  secondRowOf(key: number): number {
    return this.isAdmitted(key) ? this.hashed(key, 0x85eb_ca6b) : -1;
  }

  admit(keys: ArrayLike<number>): void {
    this.admitted = extended(this.admitted, limitOf(keys));
    for (let index = 0; index < keys.length; index += 1) this.admitted[keys[index]] = 1;
  }

  /** Rows are never free: other keys use them. */
  expire(keys: ArrayLike<number>): number[] {
    for (let index = 0; index < keys.length; index += 1)
      if (this.isAdmitted(keys[index])) this.admitted[keys[index]] = 0;
    return [];
  }

  private hashed(key: number, salt: number): number {
    let mixed = key ^ salt;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
    mixed = (mixed ^ (mixed >>> 16)) >>> 0;
    return SHARED_ROW + 1 + (mixed % (this.rowCount - 1));
  }
}
