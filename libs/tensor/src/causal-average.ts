import * as tf from '@tensorflow/tfjs-core';
import type { TokenBlock } from './causal-attention';

type Matrix = tf.Tensor2D;

/**
 * Running mean within each sequence: row t of the result is the mean of the token t and those before it in its sequence.
 * A product with a triangular matrix per block, each way. [tokens, m] → [tokens, m]
 */
export function averageCausally(x: Matrix, blocks: readonly TokenBlock[]): Matrix {
  const average = tf.customGrad((input) => ({
    value: blockwise(input as Matrix, blocks, shares),
    gradFunc: (slope: tf.Tensor) =>
      blockwise(slope as Matrix, blocks, (block) => tf.transpose(shares(block)) as Matrix),
  }));
  return average(x) as Matrix;
}

function blockwise(x: Matrix, blocks: readonly TokenBlock[], factor: (block: TokenBlock) => Matrix): Matrix {
  const parts = blocks.map((block): Matrix => {
    const rows: Matrix = tf.slice(x, [block.from, 0], [block.to - block.from, x.shape[1]]);
    return tf.matMul(factor(block), rows);
  });
  return parts.length === 1 ? parts[0] : tf.concat(parts, 0);
}

/**
 * Mean of the other tokens of each token's sequence, before and after it; zero where there is no other.
 * [tokens, m] → [tokens, m]
 */
export function averageOthers(x: Matrix, blocks: readonly TokenBlock[]): Matrix {
  const average = tf.customGrad((input) => ({
    value: blockwise(input as Matrix, blocks, othersShares),
    // The matrix of shares is its own transpose.
    gradFunc: (slope: tf.Tensor) => blockwise(slope as Matrix, blocks, othersShares),
  }));
  return average(x) as Matrix;
}

function othersShares({ from, to, starts }: TokenBlock): Matrix {
  const size = to - from;
  const values = new Float32Array(size * size);
  starts.forEach((start, index) => {
    const end = starts[index + 1] ?? size;
    for (let row = start; row < end; row += 1) {
      values.fill(1 / Math.max(1, end - start - 1), row * size + start, row * size + end);
      values[row * size + row] = 0;
    }
  });
  return tf.tensor2d(values, [size, size]);
}

/** [size, size]: how much of each token is in each token's mean. */
function shares({ from, to, starts }: TokenBlock): Matrix {
  const size = to - from;
  const values = new Float32Array(size * size);
  starts.forEach((start, index) => {
    const end = starts[index + 1] ?? size;
    for (let row = start; row < end; row += 1)
      values.fill(1 / (row - start + 1), row * size + start, row * size + row + 1);
  });
  return tf.tensor2d(values, [size, size]);
}
