import { invariant } from '@winnow/domain';
import type { NamedTensor, Random } from '@winnow/domain';
import { axpy } from './axpy';
import { fillNormal, normal } from './initialisers';
import type { RowGradients } from './row-gradients';
import { RowInitialiser } from './row-initialiser';
import { RowJournal } from './row-journal';

/** Rows as owners' weighted lists (CSR): owner i sums `[offsets[i], offsets[i + 1])`. */
export interface Bags {
  readonly offsets: Uint32Array;
  readonly rows: Uint32Array;
  readonly weights: Float32Array;
}

/** Drawing so many rows at once would take seconds and touch all their memory: they are drawn when needed. */
const LAZY_ROWS_MIN = 1_000_000;

/** Rows that get their initial values when they are first read or changed. */
interface LazyRows {
  readonly initialiser: RowInitialiser;
  /** 1 where the row has its values, [rowCount]. */
  drawn: Uint8Array;
}

/** A moment that a table can go back to: the newest {@link EmbeddingTable.checkpoint}. */
export interface TableCheckpoint {
  readonly rowCount: number;
}

/**
 * An embedding table [rowCount, dim] on the host. A training step reads and writes the rows that its batch names,
 * so its cost does not depend on `rowCount`; TF.js sees only the gathered [batch, dim] matrices.
 *
 * Memory is 4 · dim bytes a row, 4 more for the optimiser, and what {@link checkpoint} keeps. One table holds at most
 * 4 GiB of values, Node's limit for a typed array: 16 million rows of 64.
 */
export class EmbeddingTable {
  private lazy: LazyRows | null = null;
  private journal: RowJournal | null = null;
  private newest: TableCheckpoint | null = null;

  private constructor(
    readonly dim: number,
    private rowValues: Float32Array,
    private squares: Float32Array | null,
  ) {}

  /** Rows drawn from a normal distribution of the given standard deviation. */
  static random(options: {
    readonly rowCount: number;
    readonly dim: number;
    readonly standardDeviation: number;
    readonly random: Random;
  }): EmbeddingTable {
    const { rowCount, dim, standardDeviation, random } = options;
    return new EmbeddingTable(dim, normal(rowCount * dim, standardDeviation, random), null);
  }

  /**
   * Rows drawn from a uniform distribution of this standard deviation, each when it is first needed and each from the
   * seed and its own number: the same whatever the order. Creating the table touches no memory, however many rows.
   */
  static seeded(options: {
    readonly rowCount: number;
    readonly dim: number;
    readonly standardDeviation: number;
    readonly seed: number;
  }): EmbeddingTable {
    const { rowCount, dim } = options;
    const table = EmbeddingTable.zeros(rowCount, dim);
    table.lazy = { initialiser: new RowInitialiser(options), drawn: new Uint8Array(rowCount) };
    return table;
  }

  static zeros(rowCount: number, dim: number): EmbeddingTable {
    return new EmbeddingTable(dim, new Float32Array(rowCount * dim), null);
  }

  get rowCount(): number {
    return this.rowValues.length / this.dim;
  }

  /** The values themselves, row-major [rowCount, dim]; draws what a seeded table has not drawn yet. */
  get values(): Float32Array {
    if (this.lazy) for (let row = 0; row < this.rowCount; row += 1) this.draw(row);
    this.lazy = null;
    return this.rowValues;
  }

  row(index: number): Float32Array {
    if (this.lazy) this.draw(index);
    return this.rowValues.subarray(index * this.dim, (index + 1) * this.dim);
  }

  /** `out[offset …] += weight · row`. O(dim). */
  addRow(index: number, weight: number, out: Float32Array, offset: number): void {
    if (this.lazy) this.draw(index);
    axpy(this.dim, weight, this.rowValues, index * this.dim, out, offset);
  }

  /** Adds every owner's weighted sum of rows to `out` [owners, dim]. O(rows named · dim). */
  addBags(bags: Bags, out: Float32Array): void {
    for (let owner = 0; owner + 1 < bags.offsets.length; owner += 1)
      for (let entry = bags.offsets[owner]; entry < bags.offsets[owner + 1]; entry += 1)
        this.addRow(bags.rows[entry], bags.weights[entry], out, owner * this.dim);
  }

  /**
   * Row-wise Adagrad: one accumulator per row holds the mean square of its gradients (as in FBGEMM's
   * `rowwise_adagrad`), so the optimiser costs 4 bytes a row. O(rows named · dim).
   */
  applyAdagrad(gradients: RowGradients, learningRate: number): void {
    invariant(gradients.dim === this.dim, 'gradients are of this table');
    this.squares ??= new Float32Array(this.rowCount);
    const { dim, rowValues, squares, journal } = this;
    gradients.forEach((row, values, offset) => {
      if (this.lazy) this.draw(row);
      journal?.keep(row, rowValues);
      let square = 0;
      for (let column = 0; column < dim; column += 1) square += values[offset + column] ** 2;
      squares[row] += square / dim;
      const rate = learningRate / (Math.sqrt(squares[row]) + 1e-8);
      axpy(dim, -rate, values, offset, rowValues, row * dim);
    });
  }

  /**
   * Appends rows up to `rowCount`; what is there stays. They are random or zero; a million or more at once, and all of a
   * seeded table, are drawn when needed. Old and new values are in memory at once for a moment. Ends the checkpoint.
   */
  grow(rowCount: number, standardDeviation = 0, random?: Random): void {
    if (rowCount <= this.rowCount) return;
    const from = this.rowValues.length;
    const added = rowCount - this.rowCount;
    this.rowValues = widened(this.rowValues, rowCount * this.dim);
    if (!this.lazy && added >= LAZY_ROWS_MIN && random) {
      const seed = Math.floor(random() * 4_294_967_296);
      const initialiser = new RowInitialiser({ dim: this.dim, standardDeviation, seed });
      this.lazy = { initialiser, drawn: new Uint8Array(rowCount).fill(1, 0, rowCount - added) };
    } else if (this.lazy) this.lazy.drawn = widened(this.lazy.drawn, rowCount);
    else if (random && standardDeviation > 0) fillNormal(this.rowValues, { from, standardDeviation, random });
    if (this.squares) this.squares = widened(this.squares, rowCount);
    this.journal = this.newest = null;
  }

  /** Makes a row new, for another key: fresh values, and an optimiser that knows nothing of it. */
  renew(row: number, standardDeviation: number, random: Random): void {
    if (this.lazy) this.lazy.drawn[row] = 1;
    this.journal?.keep(row, this.rowValues);
    const from = row * this.dim;
    fillNormal(this.rowValues, { from, to: from + this.dim, standardDeviation, random });
    if (this.squares) this.squares[row] = 0;
  }

  /**
   * Marks this moment, to come back to with {@link rollBack}; an earlier mark is forgotten. From here the old values of
   * every row that Adagrad changes are kept: memory for those rows only, where {@link snapshot} copies the table.
   */
  checkpoint(): TableCheckpoint {
    if (this.journal) this.journal.clear();
    else this.journal = new RowJournal(this.rowCount, this.dim);
    this.newest = { rowCount: this.rowCount };
    return this.newest;
  }

  /** Gives every row the values it had at the checkpoint, which must be the newest. O(rows changed since · dim). */
  rollBack(checkpoint: TableCheckpoint): void {
    invariant(checkpoint === this.newest && this.journal, 'the checkpoint is the newest of this table');
    this.journal.undo(this.rowValues);
  }

  /** A deep copy of the values; the optimiser's state is not part of it. */
  snapshot(): Float32Array {
    return this.values.slice();
  }

  restore(snapshot: Float32Array): void {
    invariant(snapshot.length === this.rowValues.length, 'the snapshot is of this table');
    this.rowValues.set(snapshot);
  }

  toTensor(): NamedTensor {
    return { shape: [this.rowCount, this.dim], data: this.values };
  }

  /** Takes the array over without a copy. Throws a RangeError when it is no F32 [rowCount, dim]; any count when unset. */
  static fromTensor(
    name: string,
    tensor: NamedTensor | undefined,
    dim: number,
    rowCount?: number,
  ): EmbeddingTable {
    if (!tensor) throw new RangeError(`tensor ${name} is missing`);
    if (tensor.shape.length !== 2 || tensor.shape[1] !== dim || !(tensor.data instanceof Float32Array))
      throw new RangeError(
        `tensor ${name} has shape [${tensor.shape.join(', ')}], expected F32 [rows, ${dim}]`,
      );
    if (rowCount !== undefined && tensor.shape[0] !== rowCount)
      throw new RangeError(`tensor ${name} has ${tensor.shape[0]} rows, expected ${rowCount}`);
    return new EmbeddingTable(dim, tensor.data, null);
  }

  private draw(row: number): void {
    const { initialiser, drawn } = this.lazy!;
    if (drawn[row] === 1) return;
    drawn[row] = 1;
    initialiser.draw(row, this.rowValues, row * this.dim);
  }
}

function widened<T extends Float32Array | Uint8Array>(values: T, length: number): T {
  const wider = new (values.constructor as new (length: number) => T)(length);
  wider.set(values);
  return wider;
}
