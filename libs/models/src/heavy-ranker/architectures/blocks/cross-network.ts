import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import { addRow, glorot, linear, zeros } from '@winnow/tensor';
import type { ByName, Parameters } from '@winnow/tensor';

/** Declares cross layers over `width` numbers whose weights are products of two thin matrices of this rank. */
export function addCrossNetwork(
  parameters: Parameters,
  { width, rank, layerCount, random }: { width: number; rank: number; layerCount: number; random: Random },
): void {
  for (let layer = 0; layer < layerCount; layer += 1)
    parameters
      .add(`cross${layer}/down`, [width, rank], glorot(width, rank, random))
      .add(`cross${layer}/up`, [rank, width], glorot(rank, width, random))
      .add(`cross${layer}/bias`, [width], zeros(width));
}

/**
 * `xₗ₊₁ = x₀ ⊙ (xₗ · down · up + bias) + xₗ`: feature crosses of bounded degree, [n, width] → [n, width]
 * (Wang et al., DCN V2, WWW 2021, §3.4).
 */
export function crossNetwork(weights: ByName<tf.Tensor>, x: tf.Tensor2D, layerCount: number): tf.Tensor2D {
  let crossed = x;
  for (let layer = 0; layer < layerCount; layer += 1) {
    const down = weights[`cross${layer}/down`] as tf.Tensor2D;
    const up = weights[`cross${layer}/up`] as tf.Tensor2D;
    const projected = linear(linear(crossed, down), up);
    crossed = tf.add(tf.mul(x, addRow(projected, weights[`cross${layer}/bias`] as tf.Tensor1D)), crossed);
  }
  return crossed;
}
