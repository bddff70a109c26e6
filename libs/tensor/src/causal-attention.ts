import * as tf from '@tensorflow/tfjs-core';

type Matrix = tf.Tensor2D;
type Save = (tensors: tf.Tensor[]) => void;

/** Hides a token from another: far below any score, yet finite, so that no row turns into NaN. */
const HIDDEN = -1e9;

/** Tokens `[from, to)`: whole sequences, one after another. */
export interface TokenBlock {
  readonly from: number;
  readonly to: number;
  /** Where each sequence begins, counted from `from`; ascending, the first is 0. */
  readonly starts: readonly number[];
}

/**
 * What to add to a block's scores `[size, size]` so that a token sees only itself and what comes before it in its own
 * sequence: 0 where it may look, a very negative number elsewhere.
 */
export function causalMask({ from, to, starts }: TokenBlock): Float32Array {
  const size = to - from;
  const mask = new Float32Array(size * size).fill(HIDDEN);
  starts.forEach((start, index) => {
    const end = starts[index + 1] ?? size;
    for (let row = start; row < end; row += 1) mask.fill(0, row * size + start, row * size + row + 1);
  });
  return mask;
}

/** One head's projections of all tokens, and the blocks that cover them in order. */
export interface CausalAttentionInput {
  /** [tokens, a] */
  readonly queries: Matrix;
  /** [tokens, a] */
  readonly keys: Matrix;
  /** [tokens, v] */
  readonly values: Matrix;
  readonly blocks: readonly TokenBlock[];
  /** {@link causalMask} of each block, [size, size]. */
  readonly masks: readonly Matrix[];
}

/**
 * One head of causal scaled dot-product attention (Vaswani et al., 2017): `softmax(queries · keysᵀ / √a + mask) · values`.
 * A block holds one long sequence or several short ones, so nothing is padded, the products are large enough to be fast,
 * and a step costs Σ size² instead of tokens².
 *
 * @returns [tokens, v]
 */
export function attendCausally({ queries, keys, values, blocks, masks }: CausalAttentionInput): Matrix {
  const scale = 1 / Math.sqrt(queries.shape[1]);
  const attention = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as Save;
    const [asked, keyed, held] = inputs as Matrix[];
    const scaled = tf.mul(asked, scale) as Matrix;
    const shares = blocks.map((block, index) => {
      const scores = tf.matMul(rows(scaled, block), tf.transpose(rows(keyed, block)));
      return tf.softmax(tf.add(scores, masks[index])) as Matrix;
    });
    save([scaled, keyed, held, ...shares]);
    return {
      value: joined(blocks.map((block, index) => tf.matMul(shares[index], rows(held, block)))),
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) =>
        backward(slope as Matrix, saved as Matrix[], blocks, scale),
    };
  });
  return attention(queries, keys, values) as Matrix;
}

const rows = (x: Matrix, { from, to }: TokenBlock): Matrix =>
  from === 0 && to === x.shape[0] ? x : tf.slice(x, [from, 0], [to - from, x.shape[1]]);

const joined = (parts: Matrix[]): Matrix => (parts.length === 1 ? parts[0] : tf.concat(parts, 0));

function backward(slope: Matrix, saved: Matrix[], blocks: readonly TokenBlock[], scale: number): Matrix[] {
  const [scaled, keys, values, ...shares] = saved;
  const slopes = blocks.map((block, index) =>
    backwardBlock({
      slope: rows(slope, block),
      queries: rows(scaled, block),
      keys: rows(keys, block),
      values: rows(values, block),
      shares: shares[index],
    }),
  );
  return [
    tf.mul(joined(slopes.map((each) => each.queries)), scale) as Matrix,
    joined(slopes.map((each) => each.keys)),
    joined(slopes.map((each) => each.values)),
  ];
}

interface BlockTensors {
  readonly queries: Matrix;
  readonly keys: Matrix;
  readonly values: Matrix;
}

// Narrow matrices are transposed on both sides of a product instead of the wide one in its middle.
function backwardBlock(
  block: BlockTensors & { readonly slope: Matrix; readonly shares: Matrix },
): BlockTensors {
  const { slope, queries, keys, values, shares } = block;
  const weighted = tf.mul(tf.matMul(slope, tf.transpose(values)), shares) as Matrix;
  const scores = tf.sub(weighted, tf.mul(shares, tf.sum(weighted, 1, true))) as Matrix;
  return {
    queries: tf.matMul(scores, keys),
    keys: tf.transpose(tf.matMul(tf.transpose(queries), scores)) as Matrix,
    values: tf.transpose(tf.matMul(tf.transpose(slope), shares)) as Matrix,
  };
}
