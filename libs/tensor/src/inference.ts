import type * as tf from '@tensorflow/tfjs-core';

let depth = 0;

/** Whether nobody will ask for gradients of what is computed now, so that operations may be fused. */
export const isInference = (): boolean => depth > 0;

/** Runs a network of which no gradient will be taken. The network is synchronous, as everything inside `tf.tidy` is. */
export function inInference<Output extends tf.TensorContainer>(network: () => Output): Output {
  depth += 1;
  try {
    return network();
  } finally {
    depth -= 1;
  }
}
