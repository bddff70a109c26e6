import * as tf from '@tensorflow/tfjs-core';
import { isInference } from './inference';

type Matrix = tf.Tensor2D;
type Save = (tensors: tf.Tensor[]) => void;

/** Queries `[queryFrom, queryTo)` attend to slots `[slotFrom, slotTo)` and to no others. */
export interface AttentionBlock {
  readonly queryFrom: number;
  readonly queryTo: number;
  readonly slotFrom: number;
  readonly slotTo: number;
  /** Where the block's bias, row-major [biasRows, slots of the block], begins in the flat bias. */
  readonly biasFrom: number;
  /** One row per query, or 1: the same row for all. */
  readonly biasRows: number;
}

export interface AttentionInput {
  /** [queries, a] */
  readonly queries: Matrix;
  /** [slots, a] */
  readonly keys: Matrix;
  /** [slots, v] */
  readonly values: Matrix;
  /** All blocks' biases, flat; differentiable, so that learned recency biases may stand in it. */
  readonly bias: tf.Tensor1D;
  /** In order; together they cover all queries, all slots and all of the bias. */
  readonly blocks: readonly AttentionBlock[];
}

/**
 * Scaled dot-product attention (Vaswani et al., 2017), block by block: `softmax(queries · keysᵀ / √a + bias) · values`.
 *
 * Histories differ in length, so a batch is a list of blocks instead of a padded cube: no product is spent on padding,
 * and each block is a plain matrix product, which wasm computes ten times faster than a batched one. A very negative
 * bias hides a slot from a query; every query must see at least one slot.
 *
 * @returns [queries, v]
 */
export function attend({ queries, keys, values, bias, blocks }: AttentionInput): Matrix {
  const scale = 1 / Math.sqrt(queries.shape[1]);
  const attendedIn = (inputs: BlockTensors, biases: tf.Tensor1D) =>
    blocks.map((block) =>
      forward(blockOf(inputs.queries, inputs.keys, inputs.values, block), biasOf(biases, block), scale),
    );
  if (isInference())
    return joined(attendedIn({ queries, keys, values }, bias).map(({ attended }) => attended));
  const attention = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as Save;
    const [asked, keyed, held, biased] = inputs as [Matrix, Matrix, Matrix, tf.Tensor1D];
    const parts = attendedIn({ queries: asked, keys: keyed, values: held }, biased);
    save([asked, keyed, held, ...parts.map(({ shares }) => shares)]);
    return {
      value: joined(parts.map(({ attended }) => attended)),
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) =>
        backward({ slope: slope as Matrix, saved: saved as Matrix[], blocks, scale }),
    };
  });
  return attention(queries, keys, values, bias) as Matrix;
}

interface BlockTensors {
  readonly queries: Matrix;
  readonly keys: Matrix;
  readonly values: Matrix;
}

const rows = (x: Matrix, from: number, to: number): Matrix =>
  from === 0 && to === x.shape[0] ? x : tf.slice(x, [from, 0], [to - from, x.shape[1]]);

const joined = (parts: Matrix[]): Matrix => (parts.length === 1 ? parts[0] : tf.concat(parts, 0));

const blockOf = (queries: Matrix, keys: Matrix, values: Matrix, block: AttentionBlock): BlockTensors => ({
  queries: rows(queries, block.queryFrom, block.queryTo),
  keys: rows(keys, block.slotFrom, block.slotTo),
  values: rows(values, block.slotFrom, block.slotTo),
});

function biasOf(bias: tf.Tensor1D, { biasFrom, biasRows, slotFrom, slotTo }: AttentionBlock): Matrix {
  const slots = slotTo - slotFrom;
  return tf.reshape(tf.slice(bias, [biasFrom], [biasRows * slots]), [biasRows, slots]);
}

function forward(
  { queries, keys, values }: BlockTensors,
  bias: Matrix,
  scale: number,
): { shares: Matrix; attended: Matrix } {
  const scores = tf.add(tf.mul(tf.matMul(queries, tf.transpose(keys)), scale), bias);
  const shares = tf.softmax(scores) as Matrix;
  return { shares, attended: tf.matMul(shares, values) };
}

function backward(options: {
  readonly slope: Matrix;
  /** Queries, keys, values, then the shares of each block. */
  readonly saved: Matrix[];
  readonly blocks: readonly AttentionBlock[];
  readonly scale: number;
}): tf.Tensor[] {
  const [queries, keys, values, ...shares] = options.saved;
  const slopes = options.blocks.map((block, index) =>
    backwardBlock({
      ...blockOf(queries, keys, values, block),
      slope: rows(options.slope, block.queryFrom, block.queryTo),
      shares: shares[index],
      scale: options.scale,
      biasRows: block.biasRows,
    }),
  );
  return [
    joined(slopes.map((each) => each.queries)),
    joined(slopes.map((each) => each.keys)),
    joined(slopes.map((each) => each.values)),
    slopes.length === 1 ? slopes[0].bias : tf.concat(slopes.map((each) => each.bias)),
  ];
}

function backwardBlock(
  options: BlockTensors & {
    readonly slope: Matrix;
    readonly shares: Matrix;
    readonly scale: number;
    readonly biasRows: number;
  },
): BlockTensors & { readonly bias: tf.Tensor1D } {
  const { queries, keys, values, slope, shares, scale, biasRows } = options;
  const weighted = tf.mul(tf.matMul(slope, tf.transpose(values)), shares) as Matrix;
  const scores = tf.sub(weighted, tf.mul(shares, tf.sum(weighted, 1, true))) as Matrix;
  const perRow =
    biasRows === scores.shape[0] ? scores : tf.matMul(tf.ones([1, scores.shape[0]]) as Matrix, scores);
  return {
    queries: tf.mul(tf.matMul(scores, keys), scale) as Matrix,
    keys: tf.mul(tf.transpose(tf.matMul(tf.transpose(queries), scores)), scale) as Matrix,
    values: tf.transpose(tf.matMul(tf.transpose(slope), shares)) as Matrix,
    bias: tf.reshape(perRow, [-1]) as tf.Tensor1D,
  };
}
