import * as tf from '@tensorflow/tfjs-core';

/** What the kernels below need of TF.js' wasm backend. */
interface WasmBackend {
  incRef(dataId: object): void;
}

let replaced = false;

/**
 * Replaces the wasm kernels that cost more than they must, without changing a number.
 *
 * `Identity` copies its input there, although tensors are immutable and counted: every tensor that a gradient saves
 * would be copied once. Here it hands out the same memory again, as TF.js' CPU and WebGL backends do.
 */
export function replaceWasmKernels(): void {
  if (replaced) return;
  replaced = true;
  const original = tf.getKernel(tf.Identity, 'wasm').kernelFunc;
  tf.unregisterKernel(tf.Identity, 'wasm');
  tf.registerKernel({
    kernelName: tf.Identity,
    backendName: 'wasm',
    kernelFunc: (call) => {
      const { dataId, shape, dtype } = call.inputs['x'] as tf.TensorInfo;
      if (dtype === 'string') return original(call);
      (call.backend as WasmBackend).incRef(dataId);
      return { dataId, shape, dtype };
    },
  });
}
