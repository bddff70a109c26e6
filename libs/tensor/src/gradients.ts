import * as tf from '@tensorflow/tfjs-core';
import { inInference } from './inference';
import type { ByName } from './parameters';

export interface LossAndGradients {
  readonly loss: number;
  /** Host arrays, row-major in the shape of the leaf. */
  readonly gradients: ByName<Float32Array>;
}

/**
 * One forward and backward pass: the value of a scalar network and its slope with respect to every leaf.
 * Read asynchronously, because GPU backends cannot read otherwise. Every leaf must enter the loss.
 * The leaves are the caller's to dispose.
 */
export async function lossAndGradients(
  leaves: ByName<tf.Tensor>,
  network: (leaves: ByName<tf.Tensor>) => tf.Scalar,
): Promise<LossAndGradients> {
  const names = Object.keys(leaves);
  const { value, grads } = tf.tidy(() =>
    tf.valueAndGrads((...tensors: tf.Tensor[]) =>
      network(Object.fromEntries(names.map((name, index) => [name, tensors[index]]))),
    )(names.map((name) => leaves[name])),
  );
  const [[loss], ...slopes] = await Promise.all([value.data(), ...grads.map((gradient) => gradient.data())]);
  tf.dispose([value, ...grads]);
  return {
    loss,
    gradients: Object.fromEntries(names.map((name, index) => [name, slopes[index] as Float32Array])),
  };
}

/** Runs a network without gradients and reads its outputs; everything else it made is disposed. */
export async function evaluate<Name extends string>(
  network: () => Record<Name, tf.Tensor>,
): Promise<Record<Name, Float32Array>> {
  const outputs = tf.tidy(() => inInference(network));
  const names = Object.keys(outputs) as Name[];
  const arrays = await Promise.all(names.map((name) => outputs[name].data()));
  tf.dispose(Object.values<tf.Tensor>(outputs));
  return Object.fromEntries(names.map((name, index) => [name, arrays[index] as Float32Array])) as Record<
    Name,
    Float32Array
  >;
}
