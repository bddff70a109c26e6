import { invariant, type Ordinal, type VectorHits, type VectorIndex } from '@winnow/domain';
import { TopK } from './top-k';
import { requireK, requireQuery, requireStorable, rowVerdict } from './vector-check';
import { VectorsFile } from './vectors-file';

/** Rows that stay in the first-level cache while every query of a batch passes over them. */
const ROWS_PER_BLOCK = 64;
const CAPACITY_START = 1024;

/**
 * Adds the inner products of `rows` `[ordinals.length, dimension]` with every query `[tops.length, dimension]` to the
 * queries' heaps. O(rows · queries · dimension).
 */
export function scanRows(scan: {
  readonly rows: Float32Array;
  /** One per row. */
  readonly ordinals: Uint32Array;
  readonly dimension: number;
  readonly queries: Float32Array;
  readonly tops: readonly TopK[];
}): void {
  const { rows, ordinals, dimension, queries, tops } = scan;
  for (let block = 0; block < ordinals.length; block += ROWS_PER_BLOCK) {
    const end = Math.min(ordinals.length, block + ROWS_PER_BLOCK);
    for (let query = 0; query < tops.length; query += 1)
      for (let row = block; row < end; row += 1)
        tops[query].push(
          ordinals[row],
          innerProduct(rows, row * dimension, queries, query * dimension, dimension),
        );
  }
}

/** Four sums at once keep the adder's pipeline full. */
function innerProduct(
  left: Float32Array,
  leftAt: number,
  right: Float32Array,
  rightAt: number,
  length: number,
): number {
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const whole = length - (length % 4);
  for (let at = 0; at < whole; at += 4) {
    first += left[leftAt + at] * right[rightAt + at];
    second += left[leftAt + at + 1] * right[rightAt + at + 1];
    third += left[leftAt + at + 2] * right[rightAt + at + 2];
    fourth += left[leftAt + at + 3] * right[rightAt + at + 3];
  }
  for (let at = whole; at < length; at += 1) first += left[leftAt + at] * right[rightAt + at];
  return first + second + third + fourth;
}

/**
 * Scans every vector: the oracle that approximate indexes are measured against, and the fallback where the native
 * library cannot be loaded. O(count · dimension) a search, on the caller's thread: about 60 ms for a million
 * vectors of 64 numbers.
 */
export class ExactIndex implements VectorIndex {
  readonly kind = 'exact';
  private rows: Float32Array;
  private ordinals: Uint32Array;
  private size = 0;
  private readonly slotOf = new Map<number, number>();

  constructor(readonly dimension: number) {
    this.rows = new Float32Array(CAPACITY_START * dimension);
    this.ordinals = new Uint32Array(CAPACITY_START);
  }

  /**
   * Copies the rows of `vectors` `[ordinals, dimension]`; zero rows are absent ordinals.
   * Throws a RangeError that names the first row that is not finite or not normalised.
   */
  static fromVectors(vectors: Float32Array, dimension: number): ExactIndex {
    const index = new ExactIndex(dimension);
    index.reserve(vectors.length / dimension);
    index.addRows(vectors, vectors.length / dimension, 0);
    return index;
  }

  count(): number {
    return this.size;
  }

  async search(query: Float32Array, k: number): Promise<VectorHits> {
    requireQuery(query, this.dimension);
    return this.searchMany(query, k)[0];
  }

  /** One result per row of `queries` `[n, dimension]`; faster than as many single searches. */
  searchMany(queries: Float32Array, k: number): VectorHits[] {
    requireK(k);
    const queryCount = queries.length / this.dimension;
    invariant(Number.isInteger(queryCount), `queries hold whole rows of ${this.dimension}`);
    for (let query = 0; query < queryCount; query += 1)
      requireQuery(queries.subarray(query * this.dimension, (query + 1) * this.dimension), this.dimension);
    const kept = Math.min(k, this.size);
    const tops = Array.from({ length: queryCount }, () => new TopK(kept));
    scanRows({
      rows: this.rows,
      ordinals: this.ordinals.subarray(0, this.size),
      dimension: this.dimension,
      queries,
      tops,
    });
    return tops.map((top) => top.drain());
  }

  async vector(ordinal: Ordinal): Promise<Float32Array | null> {
    const slot = this.slotOf.get(ordinal);
    return slot === undefined ? null : this.rows.slice(slot * this.dimension, (slot + 1) * this.dimension);
  }

  async upsert(ordinal: Ordinal, vector: Float32Array): Promise<void> {
    requireStorable(vector, this.dimension);
    this.put(ordinal, vector);
  }

  async remove(ordinal: Ordinal): Promise<void> {
    const slot = this.slotOf.get(ordinal);
    if (slot === undefined) return;
    const last = this.size - 1;
    this.rows.copyWithin(slot * this.dimension, last * this.dimension, (last + 1) * this.dimension);
    this.ordinals[slot] = this.ordinals[last];
    this.slotOf.set(this.ordinals[slot], slot);
    this.slotOf.delete(ordinal);
    this.size = last;
  }

  async close(): Promise<void> {
    this.rows = new Float32Array(0);
    this.size = 0;
    this.slotOf.clear();
  }

  /** Makes room, so that loading a known number of vectors allocates once. */
  reserve(count: number): void {
    if (count <= this.ordinals.length) return;
    const rows = new Float32Array(count * this.dimension);
    rows.set(this.rows.subarray(0, this.size * this.dimension));
    const ordinals = new Uint32Array(count);
    ordinals.set(this.ordinals.subarray(0, this.size));
    this.rows = rows;
    this.ordinals = ordinals;
  }

  /** Takes `rowCount` rows as the vectors of `firstOrdinal`, `firstOrdinal` + 1, …; zero rows are skipped. */
  addRows(vectors: Float32Array, rowCount: number, firstOrdinal: number): void {
    for (let row = 0; row < rowCount; row += 1) {
      const verdict = rowVerdict(vectors, row, this.dimension);
      if (verdict === 'zero') continue;
      if (verdict !== 'ok') throw new RangeError(`vector of ordinal ${firstOrdinal + row} is ${verdict}`);
      this.put(firstOrdinal + row, vectors.subarray(row * this.dimension, (row + 1) * this.dimension));
    }
  }

  private put(ordinal: number, vector: Float32Array): void {
    let slot = this.slotOf.get(ordinal);
    if (slot === undefined) {
      if (this.size === this.ordinals.length) this.reserve(Math.max(CAPACITY_START, this.size * 2));
      slot = this.size;
      this.size += 1;
      this.slotOf.set(ordinal, slot);
      this.ordinals[slot] = ordinal;
    }
    this.rows.set(vector, slot * this.dimension);
  }
}

/**
 * Loads `vectors` `[ordinalLimit, dimension]` of a safetensors file, block by block.
 * Throws an AnnIndexFailure when the file is damaged or holds a vector that cannot be stored.
 */
export async function openExactIndex(options: {
  readonly vectorsFile: string;
  readonly dimension: number;
}): Promise<ExactIndex> {
  const file = await VectorsFile.open(options.vectorsFile, options.dimension);
  try {
    const index = new ExactIndex(options.dimension);
    index.reserve(file.rowCount);
    for await (const block of file.blocks()) index.addRows(block.vectors, block.rowCount, block.firstRow);
    return index;
  } finally {
    await file.close();
  }
}

/**
 * The true best `k` for each row of `queries` `[n, dimension]`, straight from the file: the oracle where a million
 * vectors should not be held. O(rows · queries · dimension).
 */
export async function searchVectorsFile(options: {
  readonly vectorsFile: string;
  readonly dimension: number;
  readonly queries: Float32Array;
  readonly k: number;
}): Promise<VectorHits[]> {
  const { dimension, queries, k } = options;
  const file = await VectorsFile.open(options.vectorsFile, dimension);
  const tops = Array.from({ length: queries.length / dimension }, () => new TopK(k));
  try {
    for await (const { vectors, rowCount, firstRow } of file.blocks()) {
      const ordinals = Uint32Array.from({ length: rowCount }, (_, row) => firstRow + row);
      scanRows({ rows: vectors, ordinals, dimension, queries, tops });
    }
  } finally {
    await file.close();
  }
  return tops.map((top) => top.drain());
}
