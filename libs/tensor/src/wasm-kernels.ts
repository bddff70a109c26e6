import * as tf from '@tensorflow/tfjs-core';
import { cutColumns, joinColumns, sumColumns } from './wasm-columns';
import type { ColumnPart } from './wasm-columns';

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
 *
 * `Concat` and `SplitV` make views for every row of every part when matrices are put side by side; here they copy.
 *
 * `Sum` over the rows of a matrix transposes it first there, as costly as a product; here it reads it once.
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
  replace(tf.Concat, (original, call) => concatColumns(call) ?? original(call));
  replace(tf.SplitV, (original, call) => splitColumns(call) ?? original(call));
  replace(tf.Sum, (original, call) => columnSums(call) ?? original(call));
}

function columnSums(call: KernelCall): tf.TensorInfo | null {
  const x = call.inputs['x'] as tf.TensorInfo;
  const { axis, keepDims } = call.attrs as unknown as { axis: number | number[]; keepDims: boolean };
  if (x.shape.length !== 2 || x.dtype !== 'float32') return null;
  const axes = tf.util.parseAxisParam(axis, x.shape);
  if (axes.length !== 1 || axes[0] !== 0) return null;
  const backend = call.backend as WasmBackend;
  const out = backend.makeOutput(keepDims ? [1, x.shape[1]] : [x.shape[1]], 'float32');
  const held = backend.typedArrayFromHeap(x) as Float32Array;
  sumColumns(held, backend.typedArrayFromHeap(out) as Float32Array);
  return out;
}

/** Whether the axis is the second of a matrix of floats: the case that is worth a loop. */
const isColumnAxis = ({ shape, dtype }: tf.TensorInfo, axis: number): boolean =>
  shape.length === 2 && dtype === 'float32' && tf.util.parseAxisParam(axis, shape)[0] === 1;

function concatColumns(call: KernelCall): tf.TensorInfo | null {
  const inputs = call.inputs as unknown as readonly tf.TensorInfo[];
  const { axis } = call.attrs as unknown as { axis: number };
  if (inputs.length < 2 || !inputs.every((input) => isColumnAxis(input, axis))) return null;
  const [rows] = inputs[0].shape;
  if (!inputs.every(({ shape }) => shape[0] === rows)) return null;
  const backend = call.backend as WasmBackend;
  const out = backend.makeOutput([rows, inputs.reduce((sum, { shape }) => sum + shape[1], 0)], 'float32');
  joinColumns(columnParts(backend, inputs), backend.typedArrayFromHeap(out) as Float32Array);
  return out;
}

function splitColumns(call: KernelCall): tf.TensorInfo[] | null {
  const x = call.inputs['x'] as tf.TensorInfo;
  const { axis, numOrSizeSplits } = call.attrs as unknown as {
    axis: number;
    numOrSizeSplits: number | number[];
  };
  if (!isColumnAxis(x, axis)) return null;
  const backend = call.backend as WasmBackend;
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits, 1);
  const parts = sizes.map((size) => backend.makeOutput([x.shape[0], size], 'float32'));
  // All memory is taken by now: a view made before could have been moved.
  cutColumns(backend.typedArrayFromHeap(x) as Float32Array, columnParts(backend, parts));
  return parts;
}

const columnParts = (backend: WasmBackend, matrices: readonly tf.TensorInfo[]): ColumnPart[] =>
  matrices.map((matrix) => ({
    values: backend.typedArrayFromHeap(matrix) as Float32Array,
    columnCount: matrix.shape[1],
  }));

type KernelCall = Parameters<tf.KernelFunc>[0];

function replace(
  kernelName: string,
  kernel: (original: tf.KernelFunc, call: KernelCall) => tf.TensorInfo | tf.TensorInfo[],
): void {
  const original = tf.getKernel(kernelName, 'wasm').kernelFunc;
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: (call) => kernel(original, call) });
}
