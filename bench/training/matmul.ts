import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '@winnow/domain';
import { normal } from '@winnow/tensor';
import { workMs } from './work-clock';

/** One matrix product [rows, depth] × [depth, columns], or a batch of them. */
export interface MatmulShape {
  readonly batch: number;
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  readonly transposeLeft: boolean;
  readonly transposeRight: boolean;
}

export interface CountedShape extends MatmulShape {
  count: number;
}

export const flopsOf = ({ batch, rows, depth, columns }: MatmulShape): number =>
  2 * batch * rows * depth * columns;

/**
 * Counts every matrix product that the backend is asked for while `work` runs, by shape: the analytic cost of whatever
 * network that is, forward and backward.
 */
export async function countMatmuls(work: () => Promise<void>): Promise<CountedShape[]> {
  const counted = new Map<string, CountedShape>();
  const backendName = tf.getBackend();
  const restore = [tf.BatchMatMul, tf._FusedMatMul].map((kernelName) => {
    const original = tf.getKernel(kernelName, backendName);
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      ...original,
      // Its set-up has been done; doing it twice would lose the first's memory.
      setupFunc: undefined,
      kernelFunc: (call) => {
        count(counted, call as never);
        return original.kernelFunc(call);
      },
    });
    return () => {
      tf.unregisterKernel(kernelName, backendName);
      tf.registerKernel({ ...original, setupFunc: undefined });
    };
  });
  try {
    await work();
  } finally {
    restore.forEach((each) => each());
  }
  return [...counted.values()];
}

function count(
  counted: Map<string, CountedShape>,
  call: {
    readonly inputs: Readonly<Record<'a' | 'b', tf.TensorInfo>>;
    readonly attrs: { readonly transposeA: boolean; readonly transposeB: boolean };
  },
): void {
  const { a, b } = call.inputs;
  const { transposeA, transposeB } = call.attrs;
  const [left, right] = [a.shape.slice(-2), b.shape.slice(-2)];
  const shape: MatmulShape = {
    batch: tf.util.sizeFromShape(a.shape.slice(0, -2)),
    rows: left[transposeA ? 1 : 0],
    depth: left[transposeA ? 0 : 1],
    columns: right[transposeB ? 0 : 1],
    transposeLeft: transposeA,
    transposeRight: transposeB,
  };
  const key = JSON.stringify(shape);
  const known = counted.get(key);
  if (known) known.count += 1;
  else counted.set(key, { ...shape, count: 1 });
}

/** Milliseconds of one product of this shape, alone on the backend: the fastest of several rounds. */
export async function measureMatmul(shape: MatmulShape): Promise<number> {
  const { batch, rows, depth, columns, transposeLeft, transposeRight } = shape;
  const random = seededRandom(1);
  const matrix = (height: number, width: number): tf.Tensor =>
    tf.tensor(
      normal(batch * height * width, 1, random),
      batch === 1 ? [height, width] : [batch, height, width],
    );
  const left = transposeLeft ? matrix(depth, rows) : matrix(rows, depth);
  const right = transposeRight ? matrix(columns, depth) : matrix(depth, columns);
  const repeats = Math.max(2, Math.min(50, Math.round(1e8 / flopsOf(shape))));
  let best = Infinity;
  for (let round = 0; round < 4; round += 1) {
    const startedAtMs = workMs();
    let last: tf.Tensor | null = null;
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      last?.dispose();
      last = tf.matMul(left, right, transposeLeft, transposeRight);
    }
    // GPU backends only queue until something is read.
    if (tf.getBackend() === 'webgpu') await last!.data();
    best = Math.min(best, (workMs() - startedAtMs) / repeats);
    last?.dispose();
  }
  tf.dispose([left, right]);
  return best;
}

/** GFLOP/s when the given products run one after another and nothing else does. */
export async function measureCeiling(shapes: readonly CountedShape[]): Promise<number> {
  let [flops, ms] = [0, 0];
  for (const shape of shapes) {
    ms += shape.count * (await measureMatmul(shape));
    flops += shape.count * flopsOf(shape);
  }
  return flops / ms / 1e6;
}
