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
  const lower = cholesky(square, dimension);
  return timesMatrix(basis, dimension, (row, column) => lower[row * dimension + column]);
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

/** Columns made orthonormal by Cholesky's QR: x · L⁻ᵀ with L Lᵀ = xᵀ x. */
function orthonormal(x: Float32Array, dim: number): Float32Array {
  const inverse = invertLower(cholesky(product(x, x, dim), dim), dim);
  return timesMatrix(x, dim, (row, column) => inverse[column * dim + row]);
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

/** x · M, [n, dim] × [dim, dim] → [n, dim]. */
function timesMatrix(
  x: Float32Array,
  dim: number,
  entry: (row: number, column: number) => number,
): Float32Array {
  const matrix = Float64Array.from({ length: dim * dim }, (_, at) => entry(Math.floor(at / dim), at % dim));
  const out = new Float32Array(x.length);
  const sum = new Float64Array(dim);
  for (let from = 0; from < x.length; from += dim) {
    sum.fill(0);
    for (let row = 0; row < dim; row += 1) {
      const value = x[from + row];
      for (let column = 0; column < dim; column += 1) sum[column] += value * matrix[row * dim + column];
    }
    out.set(sum, from);
  }
  return out;
}

/** Share of the mean of the diagonal that is added to it, so that fewer directions than asked for are no failure. */
const RIDGE = 1e-9;

/** Lower triangular L with L Lᵀ = the symmetric matrix. */
function cholesky(symmetric: Float64Array, dim: number): Float64Array {
  let trace = 0;
  for (let at = 0; at < dim; at += 1) trace += symmetric[at * dim + at];
  const ridge = (RIDGE * trace) / dim + Number.MIN_VALUE;
  const lower = new Float64Array(dim * dim);
  for (let row = 0; row < dim; row += 1)
    for (let column = 0; column <= row; column += 1) {
      let rest = (symmetric[row * dim + column] + symmetric[column * dim + row]) / 2;
      for (let inner = 0; inner < column; inner += 1)
        rest -= lower[row * dim + inner] * lower[column * dim + inner];
      lower[row * dim + column] =
        row === column ? Math.sqrt(Math.max(rest, ridge)) : rest / lower[column * dim + column];
    }
  return lower;
}

function invertLower(lower: Float64Array, dim: number): Float64Array {
  const inverse = new Float64Array(dim * dim);
  for (let column = 0; column < dim; column += 1)
    for (let row = column; row < dim; row += 1) {
      let rest = row === column ? 1 : 0;
      for (let inner = column; inner < row; inner += 1)
        rest -= lower[row * dim + inner] * inverse[inner * dim + column];
      inverse[row * dim + column] = rest / lower[row * dim + row];
    }
  return inverse;
}
