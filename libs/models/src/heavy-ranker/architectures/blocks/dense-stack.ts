import type * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import { dense, glorot, zeros } from '@winnow/tensor';
import type { ByName, Parameters } from '@winnow/tensor';

/** Declares `sizes.length` layers, each `<name><layer>/weight` and `/bias`; returns the width of what they give. */
export function addDenseStack(
  parameters: Parameters,
  {
    name,
    inputSize,
    sizes,
    random,
  }: { name: string; inputSize: number; sizes: readonly number[]; random: Random },
): number {
  let from = inputSize;
  sizes.forEach((size, layer) => {
    parameters
      .add(`${name}${layer}/weight`, [from, size], glorot(from, size, random))
      .add(`${name}${layer}/bias`, [size], zeros(size));
    from = size;
  });
  return from;
}

/** ReLU layers one after the other: [n, inputSize] → [n, last size]. */
export function denseStack(
  weights: ByName<tf.Tensor>,
  { name, x, sizes }: { name: string; x: tf.Tensor2D; sizes: readonly number[] },
): tf.Tensor2D {
  return sizes.reduce(
    (from: tf.Tensor2D, _size, layer) =>
      dense({
        x: from,
        weight: weights[`${name}${layer}/weight`],
        bias: weights[`${name}${layer}/bias`],
        activation: 'relu',
      }),
    x,
  );
}
