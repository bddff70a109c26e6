import * as tf from '@tensorflow/tfjs-core';

interface WasmBackend {
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
}

/**
 * The tensor's own memory where the backend keeps it in this process (wasm), else null. Several passes of kernels over a
 * large matrix can then be one loop. The view is good until the next tensor is made; writing to it changes the tensor,
 * and every tensor that shares its data.
 */
export const deviceMemory = (tensor: tf.Tensor): Float32Array | null =>
  tf.getBackend() === 'wasm' ? (tf.backend() as unknown as WasmBackend).typedArrayFromHeap(tensor) : null;
