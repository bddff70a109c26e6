import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import { dense, glorot, linear, zeros } from '@winnow/tensor';
import type { ByName, Parameters } from '@winnow/tensor';

/** A group of experts, each one ReLU layer, laid side by side in one matrix. */
export function addExperts(
  parameters: Parameters,
  {
    name,
    inputSize,
    count,
    size,
    random,
  }: { name: string; inputSize: number; count: number; size: number; random: Random },
): void {
  const width = count * size;
  parameters
    .add(`${name}/weight`, [inputSize, width], glorot(inputSize, width, random))
    .add(`${name}/bias`, [width], zeros(width));
}

/** [n, inputSize] → [n, count · size]. */
export const expertOutputs = (weights: ByName<tf.Tensor>, name: string, x: tf.Tensor): tf.Tensor2D =>
  dense({ x, weight: weights[`${name}/weight`], bias: weights[`${name}/bias`], activation: 'relu' });

/** A gate over `expertCount` experts; it weighs them alike at first. */
export function addGate(
  parameters: Parameters,
  { name, inputSize, expertCount }: { name: string; inputSize: number; expertCount: number },
): void {
  parameters.add(`${name}/weight`, [inputSize, expertCount], zeros(inputSize * expertCount));
}

/**
 * The experts' outputs, [n, expertCount · size], weighted by the gate's softmax over `x` and added up: [n, size]. Shares
 * are spread over columns, and columns folded, by constant matrices: products are what wasm does fastest.
 */
export function mixExperts(
  weights: ByName<tf.Tensor>,
  { name, x, outputs, size }: { name: string; x: tf.Tensor2D; outputs: tf.Tensor2D; size: number },
): tf.Tensor2D {
  const width = outputs.shape[1];
  const expertCount = width / size;
  const shares = tf.softmax(linear(x, weights[`${name}/weight`] as tf.Tensor2D));
  const spread = zeroOne(expertCount, width, (expert, column) => Math.floor(column / size) === expert);
  const fold = zeroOne(width, size, (column, place) => column % size === place);
  return linear(tf.mul(linear(shares, spread), outputs), fold);
}

const zeroOne = (
  rows: number,
  columns: number,
  isOne: (row: number, column: number) => boolean,
): tf.Tensor2D =>
  tf.tensor2d(
    Float32Array.from({ length: rows * columns }, (_, at) =>
      Number(isOne(Math.floor(at / columns), at % columns)),
    ),
    [rows, columns],
  );
