import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import { addRow, dense, glorot, linear, zeros } from '@winnow/tensor';
import type { ByName, Parameters } from '@winnow/tensor';

/** Declares for each head a small tower of its own, silent at first, so that it starts at its base rate. */
export function addTaskTowers(
  parameters: Parameters,
  {
    inputSize,
    size,
    baseLogits,
    random,
  }: { inputSize: number; size: number; baseLogits: Float32Array; random: Random },
): Parameters {
  for (let head = 0; head < baseLogits.length; head += 1)
    parameters
      .add(`tower${head}/weight`, [inputSize, size], glorot(inputSize, size, random))
      .add(`tower${head}/bias`, [size], zeros(size))
      .add(`tower${head}/out`, [size, 1], zeros(size));
  return parameters.add('wide/bias', [baseLogits.length], baseLogits.slice());
}

/** What each head's tower makes of its own input: one [n, inputSize] a head → [n, heads]. */
export function taskTowers(weights: ByName<tf.Tensor>, inputs: readonly tf.Tensor2D[]): tf.Tensor2D {
  const columns = inputs.map((x, head) => {
    const weight = weights[`tower${head}/weight`];
    const hidden = dense({ x, weight, bias: weights[`tower${head}/bias`], activation: 'relu' });
    return linear(hidden, weights[`tower${head}/out`] as tf.Tensor2D);
  });
  return addRow(tf.concat(columns, 1) as tf.Tensor2D, weights['wide/bias'] as tf.Tensor1D);
}
