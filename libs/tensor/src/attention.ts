import * as tf from '@tensorflow/tfjs-core';
import { deviceMemory } from './device-memory';
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
      forward({ ...blockOf(inputs.queries, inputs.keys, inputs.values, block), bias: biases, block, scale }),
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
  options: BlockTensors & {
    readonly bias: tf.Tensor1D;
    readonly block: AttentionBlock;
    readonly scale: number;
  },
): { shares: Matrix; attended: Matrix } {
  const { queries, keys, values, bias, block, scale } = options;
  const products = tf.matMul(queries, tf.transpose(keys)) as Matrix;
  const memory = deviceMemory(products);
  if (memory) scaleAndBias(memory, { scale: Math.fround(scale), bias: deviceMemory(bias)!, block });
  const scores = memory ? products : tf.add(tf.mul(products, scale), biasOf(bias, block));
  const shares = tf.softmax(scores) as Matrix;
  return { shares, attended: tf.matMul(shares, values) };
}

/** What the kernels of the other branch do, rounding included, in one pass over the block's products. */
function scaleAndBias(
  products: Float32Array,
  options: { readonly scale: number; readonly bias: Float32Array; readonly block: AttentionBlock },
): void {
  const { scale, bias } = options;
  const { slotFrom, slotTo, biasFrom, biasRows } = options.block;
  const biasEnd = biasFrom + biasRows * (slotTo - slotFrom);
  let from = biasFrom;
  for (let index = 0; index < products.length; index += 1) {
    products[index] = Math.fround(Math.fround(products[index] * scale) + bias[from]);
    from += 1;
    if (from === biasEnd) from = biasFrom;
  }
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
  const scores = softmaxSlopes(tf.matMul(slope, tf.transpose(values)) as Matrix, shares);
  const perRow =
    biasRows === scores.shape[0] ? scores : tf.matMul(tf.ones([1, scores.shape[0]]) as Matrix, scores);
  return {
    queries: scaled(tf.matMul(scores, keys) as Matrix, scale),
    keys: tf.transpose(scaled(tf.matMul(tf.transpose(queries), scores) as Matrix, scale)),
    values: tf.transpose(tf.matMul(tf.transpose(slope), shares)) as Matrix,
    bias: tf.reshape(perRow, [-1]) as tf.Tensor1D,
  };
}

/** Slopes of the scores from those of the shares: `shares ⊙ (slopes − Σⱼ slopes ⊙ shares)`, row by row. */
function softmaxSlopes(slopes: Matrix, shares: Matrix): Matrix {
  const memory = deviceMemory(slopes);
  if (!memory) {
    const weighted = tf.mul(slopes, shares) as Matrix;
    return tf.sub(weighted, tf.mul(shares, tf.sum(weighted, 1, true)));
  }
  const held = deviceMemory(shares)!;
  const columns = shares.shape[1];
  for (let from = 0; from < memory.length; from += columns) {
    let sum = 0;
    for (let index = from; index < from + columns; index += 1) {
      memory[index] = memory[index] * held[index];
      sum = Math.fround(sum + memory[index]);
    }
    for (let index = from; index < from + columns; index += 1)
      memory[index] = Math.fround(memory[index] - Math.fround(held[index] * sum));
  }
  return slopes;
}

/** `x · factor`, in place where that is possible: `x` must not be used again. */
function scaled(x: Matrix, factor: number): Matrix {
  const memory = deviceMemory(x);
  if (!memory) return tf.mul(x, factor);
  const single = Math.fround(factor);
  for (let index = 0; index < memory.length; index += 1) memory[index] = memory[index] * single;
  return x;
}
