import { factorisePositiveDefinite, solveLowerTriangular } from '@winnow/collaborative';
import { seededRandom } from '@winnow/domain';
import { normal } from '@winnow/tensor';

export interface SpectralOptions {
  /** Item rows of every user. */
  readonly sequences: readonly Uint32Array[];
  readonly itemCount: number;
  readonly dimension: number;
  readonly seed: number;
}

/** Each multiplies the gap between wanted and unwanted directions by its square; more change no ranking. */
const POWER_ITERATIONS = 4;

/**
 * Item vectors [items, dim] whose inner products come as near as any of their size can to how often two items meet in a
 * history, both items' and the histories' sizes taken out: the leading singular vectors of the normalised users × items
 * matrix (a low-pass filter over the interaction graph: Shen et al., CIKM 2021), by subspace iteration (Halko, Martinsson
 * and Tropp, 2011). They cost seconds, and a model that starts from them has the epochs behind it in which vectors that
 * started at random find their neighbours. Items in no sequence have zeros.
 *
 * O(iterations · (interactions · dim + items · dim²)).
 */
export function spectralVectors(options: SpectralOptions): Float32Array {
  const { itemCount, dimension, seed } = options;
  const graph = new InteractionGraph(options);
  let basis = normal(itemCount * dimension, 1, seededRandom(seed));
  for (let round = 0; round < POWER_ITERATIONS; round += 1)
    basis = orthonormal(graph.neighbours(basis, dimension), dimension);
  // With V the basis, AᵀA ≈ V (VᵀAᵀAV) Vᵀ = (V L)(V L)ᵀ.
  const square = product(basis, graph.neighbours(basis, dimension), dimension);
  return timesLower(basis, choleskyFactor(square, dimension), dimension);
}

/** The users × items matrix A with every entry divided by √(items of the user · users of the item). */
class InteractionGraph {
  private readonly sequences: readonly Uint32Array[];
  /** 1 / √users, [items] */
  private readonly itemScales: Float64Array;

  constructor({ sequences, itemCount }: SpectralOptions) {
    this.sequences = sequences.map((sequence) => Uint32Array.from(new Set(sequence)));
    const users = new Float64Array(itemCount);
    for (const sequence of this.sequences) for (const item of sequence) users[item] += 1;
    this.itemScales = users.map((count) => (count > 0 ? 1 / Math.sqrt(count) : 0));
  }

  /** Aᵀ A x, [items, dim] → [items, dim]. */
  neighbours(x: Float32Array, dim: number): Float32Array {
    const out = new Float32Array(x.length);
    const sum = new Float64Array(dim);
    for (const sequence of this.sequences) {
      sum.fill(0);
      for (const item of sequence) {
        const scale = this.itemScales[item] / sequence.length;
        for (let column = 0; column < dim; column += 1) sum[column] += scale * x[item * dim + column];
      }
      for (const item of sequence) {
        const scale = this.itemScales[item];
        for (let column = 0; column < dim; column += 1) out[item * dim + column] += scale * sum[column];
      }
    }
    return out;
  }
}

/** Columns made orthonormal by Cholesky's QR: x · L⁻ᵀ with L Lᵀ = xᵀ x, so that each row y solves L y = its x. */
function orthonormal(x: Float32Array, dim: number): Float32Array {
  const lower = choleskyFactor(product(x, x, dim), dim);
  const out = new Float32Array(x.length);
  const row = new Float64Array(dim);
  for (let from = 0; from < x.length; from += dim) {
    row.set(x.subarray(from, from + dim));
    solveLowerTriangular(lower, row, dim);
    out.set(row, from);
  }
  return out;
}

/** leftᵀ · right, [dim, dim]. */
function product(left: Float32Array, right: Float32Array, dim: number): Float64Array {
  const out = new Float64Array(dim * dim);
  for (let from = 0; from < left.length; from += dim)
    for (let row = 0; row < dim; row += 1) {
      const value = left[from + row];
      if (value === 0) continue;
      for (let column = 0; column < dim; column += 1) out[row * dim + column] += value * right[from + column];
    }
  return out;
}

/** x · L, [n, dim] × [dim, dim] → [n, dim], of a lower triangular L. */
function timesLower(x: Float32Array, lower: Float64Array, dim: number): Float32Array {
  const out = new Float32Array(x.length);
  const sum = new Float64Array(dim);
  for (let from = 0; from < x.length; from += dim) {
    sum.fill(0);
    for (let row = 0; row < dim; row += 1) {
      const value = x[from + row];
      for (let column = 0; column <= row; column += 1) sum[column] += value * lower[row * dim + column];
    }
    out.set(sum, from);
  }
  return out;
}

/** Share of the mean of the diagonal that is added to it, so that fewer directions than asked for are no failure. */
const RIDGE = 1e-9;

/** L in the lower triangle, with L Lᵀ = the matrix that should be symmetric but for rounding, which is overwritten. */
function choleskyFactor(matrix: Float64Array, dim: number): Float64Array {
  let trace = 0;
  for (let at = 0; at < dim; at += 1) trace += matrix[at * dim + at];
  const ridge = (RIDGE * trace) / dim + Number.MIN_VALUE;
  for (let row = 0; row < dim; row += 1) {
    matrix[row * dim + row] += ridge;
    for (let column = 0; column < row; column += 1)
      matrix[row * dim + column] = (matrix[row * dim + column] + matrix[column * dim + row]) / 2;
  }
  factorisePositiveDefinite(matrix, dim);
  return matrix;
}
