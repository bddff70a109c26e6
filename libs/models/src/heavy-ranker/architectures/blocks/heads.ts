import type * as tf from '@tensorflow/tfjs-core';
import { dense, zeros } from '@winnow/tensor';
import type { ByName, Parameters } from '@winnow/tensor';

/** One linear head per action over `inputSize` numbers; silent at first, so that every head starts at its base rate. */
export function addHeads(
  parameters: Parameters,
  { inputSize, baseLogits }: { inputSize: number; baseLogits: Float32Array },
): Parameters {
  const headCount = baseLogits.length;
  return parameters
    .add('heads/weight', [inputSize, headCount], zeros(inputSize * headCount))
    .add('wide/bias', [headCount], baseLogits.slice());
}

/** [n, inputSize] → [n, heads]. */
export const headLogits = (weights: ByName<tf.Tensor>, x: tf.Tensor): tf.Tensor2D =>
  dense({ x, weight: weights['heads/weight'], bias: weights['wide/bias'] });
