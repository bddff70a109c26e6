import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import { addRow, attend, constant, dense, glorot, linear, scaleColumns, zeros } from '@winnow/tensor';
import type { AttentionBlock, ByName, Parameters } from '@winnow/tensor';

/** Keeps the norm of a zero row, and its slope, within reason. */
const MEAN_SQUARE_MIN = 1e-5;
/** Width of the feed-forward layer, in dimensions. */
const FEED_FORWARD_FACTOR = 2;

interface TransformerBlockSizes {
  /** Prefix of its weights. */
  readonly name: string;
  readonly dimension: number;
  readonly headCount: number;
}

export function addTransformerBlock(
  parameters: Parameters,
  { name, dimension, headCount, random }: TransformerBlockSizes & { readonly random: Random },
): void {
  const headSize = dimension / headCount;
  const wide = FEED_FORWARD_FACTOR * dimension;
  for (let head = 0; head < headCount; head += 1)
    for (const role of ['query', 'key', 'value'])
      parameters.add(`${name}/${role}${head}`, [dimension, headSize], glorot(dimension, headSize, random));
  parameters
    .add(`${name}/joined`, [dimension, dimension], glorot(dimension, dimension, random))
    .add(`${name}/attendedGain`, [dimension], constant(dimension, 1))
    .add(`${name}/widen`, [dimension, wide], glorot(dimension, wide, random))
    .add(`${name}/widenBias`, [wide], zeros(wide))
    .add(`${name}/narrow`, [wide, dimension], glorot(wide, dimension, random))
    .add(`${name}/narrowBias`, [dimension], zeros(dimension))
    .add(`${name}/outputGain`, [dimension], constant(dimension, 1));
}

/**
 * One post-norm transformer block (Vaswani et al., 2017) with root-mean-square norms (Zhang and Sennrich, 2019): tokens
 * attend to the memory rows of their blocks. [tokens, dim] → [tokens, dim].
 */
export function transformerBlock(
  weights: ByName<tf.Tensor>,
  {
    name,
    headCount,
    tokens,
    memory,
    bias,
    blocks,
  }: Omit<TransformerBlockSizes, 'dimension'> & {
    readonly tokens: tf.Tensor2D;
    readonly memory: tf.Tensor2D;
    readonly bias: tf.Tensor1D;
    readonly blocks: readonly AttentionBlock[];
  },
): tf.Tensor2D {
  const heads = Array.from({ length: headCount }, (_, head) => {
    const project = (x: tf.Tensor2D, role: string): tf.Tensor2D =>
      linear(x, weights[`${name}/${role}${head}`] as tf.Tensor2D);
    return attend({
      queries: project(tokens, 'query'),
      keys: project(memory, 'key'),
      values: project(memory, 'value'),
      bias,
      blocks,
    });
  });
  const joined = linear(tf.concat(heads, 1) as tf.Tensor2D, weights[`${name}/joined`] as tf.Tensor2D);
  const attended = normalise(tf.add(tokens, joined), weights[`${name}/attendedGain`]);
  const wide = dense({
    x: attended,
    weight: weights[`${name}/widen`],
    bias: weights[`${name}/widenBias`],
    activation: 'relu',
  });
  const narrow = addRow(
    linear(wide, weights[`${name}/narrow`] as tf.Tensor2D),
    weights[`${name}/narrowBias`] as tf.Tensor1D,
  );
  return normalise(tf.add(attended, narrow), weights[`${name}/outputGain`]);
}

/** Rows scaled to a root mean square of 1, then each column by its gain. */
function normalise(x: tf.Tensor2D, gain: tf.Tensor): tf.Tensor2D {
  const meanSquares = tf.mul(tf.sum(tf.square(x), 1, true), 1 / x.shape[1]);
  const scaled = tf.mul(x, tf.rsqrt(tf.add(meanSquares, MEAN_SQUARE_MIN))) as tf.Tensor2D;
  return scaleColumns(scaled, gain as tf.Tensor1D);
}
