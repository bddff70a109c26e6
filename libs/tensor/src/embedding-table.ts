import { invariant } from '@winnow/domain';
import type { NamedTensor, Random } from '@winnow/domain';
import { normal } from './initialisers';
import type { RowGradients } from './row-gradients';

/** Rows as owners' weighted lists (CSR): owner i sums `[offsets[i], offsets[i + 1])`. */
export interface Bags {
  readonly offsets: Uint32Array;
  readonly rows: Uint32Array;
  readonly weights: Float32Array;
}

/**
 * An embedding table [rowCount, dim] on the host. A training step reads and writes the rows that its batch names,
 * so its cost does not depend on `rowCount`; TF.js sees only the gathered [batch, dim] matrices.
 */
export class EmbeddingTable {
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

  static zeros(rowCount: number, dim: number): EmbeddingTable {
    return new EmbeddingTable(dim, new Float32Array(rowCount * dim), null);
  }

  get rowCount(): number {
    return this.rowValues.length / this.dim;
  }

  /** The values themselves, row-major [rowCount, dim]. */
  get values(): Float32Array {
    return this.rowValues;
  }

  row(index: number): Float32Array {
    return this.rowValues.subarray(index * this.dim, (index + 1) * this.dim);
  }

  /** `out[offset …] += weight · row`. O(dim). */
  addRow(index: number, weight: number, out: Float32Array, offset: number): void {
    const { dim, rowValues } = this;
    const base = index * dim;
    for (let column = 0; column < dim; column += 1) out[offset + column] += weight * rowValues[base + column];
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
    const { dim, rowValues, squares } = this;
    gradients.forEach((row, values, offset) => {
      let square = 0;
      for (let column = 0; column < dim; column += 1) square += values[offset + column] ** 2;
      squares[row] += square / dim;
      const rate = learningRate / (Math.sqrt(squares[row]) + 1e-8);
      const base = row * dim;
      for (let column = 0; column < dim; column += 1)
        rowValues[base + column] -= rate * values[offset + column];
    });
  }

  /** Appends rows, random or zero, up to `rowCount`; what is there stays. */
  grow(rowCount: number, standardDeviation = 0, random?: Random): void {
    if (rowCount <= this.rowCount) return;
    const grown = new Float32Array(rowCount * this.dim);
    grown.set(this.rowValues);
    if (random && standardDeviation > 0)
      grown.set(
        normal(grown.length - this.rowValues.length, standardDeviation, random),
        this.rowValues.length,
      );
    this.rowValues = grown;
    if (this.squares) {
      const squares = new Float32Array(rowCount);
      squares.set(this.squares);
      this.squares = squares;
    }
  }

  /** A deep copy of the values; the optimiser's state is not part of it. */
  snapshot(): Float32Array {
    return this.rowValues.slice();
  }

  restore(snapshot: Float32Array): void {
    invariant(snapshot.length === this.rowValues.length, 'the snapshot is of this table');
    this.rowValues.set(snapshot);
  }

  toTensor(): NamedTensor {
    return { shape: [this.rowCount, this.dim], data: this.rowValues };
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
}
