import * as tf from '@tensorflow/tfjs-core';

type TypedArray = Float32Array | Int32Array | Uint8Array;

/** What the kernels below need of TF.js' wasm backend. */
interface WasmBackend {
  incRef(dataId: object): void;
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  /** The tensor's memory itself; another allocation may move it. */
  typedArrayFromHeap(tensor: tf.TensorInfo): TypedArray;
}

let replaced = false;

/**
 * Replaces the wasm kernels that cost more than they must, without changing a number.
 *
 * `Identity` copies its input there, although tensors are immutable and counted: every tensor that a gradient saves
 * would be copied once. Here it hands out the same memory again, as TF.js' CPU and WebGL backends do.
 *
 * `Slice` copies its whole input out of the heap first, so that cutting a batch into blocks costs its size times their
 * number. Here rows that lie together are copied once, and nothing else is.
 */
export function replaceWasmKernels(): void {
  if (replaced) return;
  replaced = true;
  replace(tf.Identity, (original, call) => {
    const { dataId, shape, dtype } = call.inputs['x'] as tf.TensorInfo;
    if (dtype === 'string') return original(call);
    (call.backend as WasmBackend).incRef(dataId);
    return { dataId, shape, dtype };
  });
  replace(tf.Slice, (original, call) => {
    const x = call.inputs['x'] as tf.TensorInfo;
    const { begin, size } = call.attrs as unknown as { begin: number | number[]; size: number | number[] };
    const [from, extent] = tf.slice_util.parseSliceParams(x as tf.Tensor, begin, size);
    if (x.dtype === 'string' || !tf.slice_util.isSliceContinous(x.shape, from, extent)) return original(call);
    const backend = call.backend as WasmBackend;
    const out = backend.makeOutput(extent, x.dtype);
    const offset = tf.slice_util.computeFlatOffset(from, tf.util.computeStrides(x.shape));
    const held = backend.typedArrayFromHeap(x);
    backend.typedArrayFromHeap(out).set(held.subarray(offset, offset + tf.util.sizeFromShape(extent)));
    return out;
  });
}

type KernelCall = Parameters<tf.KernelFunc>[0];

function replace(
  kernelName: string,
  kernel: (original: tf.KernelFunc, call: KernelCall) => tf.TensorInfo | tf.TensorInfo[],
): void {
  const original = tf.getKernel(kernelName, 'wasm').kernelFunc;
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: (call) => kernel(original, call) });
}
