import { GramAccumulator } from '../linear-algebra/gram-matrix';
import { solvePositiveDefinite } from '../linear-algebra/solve-positive-definite';

export interface FactorSolverOptions {
  readonly dimension: number;
  readonly unobservedWeight: number;
  readonly regularisation: number;
  /** [count, dimension] The other side's factors, held fixed; `refresh` after they change. */
  readonly factors: Float64Array;
  /** Which of them were observed with anything; the others do not exist for the model. */
  readonly present: Uint32Array;
}

/** Who was observed with whom, as compressed sparse rows. */
export interface ObservedRows {
  readonly offsets: Uint32Array;
  readonly ids: Uint32Array;
}

/** Solves for the factors of one side of a matrix factorisation while the other side's are held fixed. */
export class FactorSolver {
  readonly dimension: number;
  private readonly accumulator: GramAccumulator;
  /** α₀ Σ f fᵀ over all present factors: the same for every row, so it is summed once. */
  private readonly background: Float64Array;
  private readonly matrix: Float64Array;

  constructor(private readonly options: FactorSolverOptions) {
    this.dimension = options.dimension;
    this.accumulator = new GramAccumulator(options.dimension);
    this.background = new Float64Array(options.dimension ** 2);
    this.matrix = new Float64Array(options.dimension ** 2);
  }

  /** Takes in the fixed factors as they are now. */
  refresh(): void {
    this.background.fill(0);
    this.accumulator.add(this.options.factors, this.options.present, this.background);
    for (let at = 0; at < this.background.length; at += 1)
      this.background[at] *= this.options.unobservedWeight;
  }

  /** Every row's factor, into out [rows, dimension]. */
  solveAll({ offsets, ids }: ObservedRows, out: Float64Array): void {
    const { dimension } = this;
    this.refresh();
    for (let row = 0; row + 1 < offsets.length; row += 1)
      this.solve(
        ids.subarray(offsets[row], offsets[row + 1]),
        out.subarray(row * dimension, (row + 1) * dimension),
      );
  }

  /** The factor of a row that was observed with these, into out [dimension]; zero for nothing observed. */
  solve(observed: Uint32Array, out: Float64Array): void {
    out.fill(0);
    if (observed.length === 0) return;
    const { dimension, matrix } = this;
    const { factors, present, regularisation, unobservedWeight } = this.options;
    matrix.set(this.background);
    this.accumulator.add(factors, observed, matrix);
    const ridge = regularisation * (observed.length + unobservedWeight * present.length);
    for (let index = 0; index < dimension; index += 1) matrix[index * dimension + index] += ridge;
    for (const id of observed)
      for (let index = 0; index < dimension; index += 1) out[index] += factors[id * dimension + index];
    solvePositiveDefinite(matrix, out, dimension);
  }
}
