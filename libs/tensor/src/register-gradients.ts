import * as tf from '@tensorflow/tfjs-core';

// tfjs-core's build for Node registers no gradients (the module that does so is shipped for browsers' bundlers only),
// so the few that Winnow's networks use are declared here, unless a full TF.js package has brought its own.

type Slopes = Record<string, () => tf.Tensor>;

interface Gradient {
  readonly kernelName: string;
  readonly inputsToSave?: string[];
  readonly outputsToSave?: boolean[];
  readonly saveAllInputs?: boolean;
  readonly gradFunc: (slope: tf.Tensor, saved: tf.Tensor[], attributes: Record<string, unknown>) => Slopes;
}

/** Sums a slope over the axes that broadcasting had repeated. */
function reduceTo(shape: number[], slope: tf.Tensor): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, slope.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(slope, axes) : slope, shape);
}

const GRADIENTS: readonly Gradient[] = [
  {
    kernelName: tf.Add,
    inputsToSave: ['a', 'b'],
    gradFunc: (slope, [a, b]) => ({ a: () => reduceTo(a.shape, slope), b: () => reduceTo(b.shape, slope) }),
  },
  {
    kernelName: tf.Sub,
    inputsToSave: ['a', 'b'],
    gradFunc: (slope, [a, b]) => ({
      a: () => reduceTo(a.shape, slope),
      b: () => reduceTo(b.shape, tf.neg(slope)),
    }),
  },
  {
    kernelName: tf.Multiply,
    inputsToSave: ['a', 'b'],
    gradFunc: (slope, [a, b]) => ({
      a: () => reduceTo(a.shape, tf.mul(slope, b)),
      b: () => reduceTo(b.shape, tf.mul(slope, a)),
    }),
  },
  {
    kernelName: tf.Relu,
    inputsToSave: ['x'],
    gradFunc: (slope, [x]) => ({ x: () => tf.mul(slope, tf.step(x)) }),
  },
  {
    kernelName: tf.Sigmoid,
    outputsToSave: [true],
    gradFunc: (slope, [y]) => ({ x: () => tf.mul(slope, tf.mul(y, tf.sub(1, y))) }),
  },
  {
    kernelName: tf.Square,
    inputsToSave: ['x'],
    gradFunc: (slope, [x]) => ({ x: () => tf.mul(slope, tf.mul(x, 2)) }),
  },
  {
    kernelName: tf.Rsqrt,
    inputsToSave: ['x'],
    gradFunc: (slope, [x]) => ({ x: () => tf.mul(slope, tf.mul(tf.rsqrt(x), tf.div(-0.5, x))) }),
  },
  { kernelName: tf.Identity, gradFunc: (slope) => ({ x: () => slope }) },
  {
    kernelName: tf.Reshape,
    inputsToSave: ['x'],
    gradFunc: (slope, [x]) => ({ x: () => tf.reshape(slope, x.shape) }),
  },
  {
    kernelName: tf.Transpose,
    gradFunc: (slope, _saved, { perm }) => {
      const inverse: number[] = [];
      (perm as number[]).forEach((axis, index) => (inverse[axis] = index));
      return { x: () => tf.transpose(slope, inverse) };
    },
  },
  {
    kernelName: tf.Sum,
    inputsToSave: ['x'],
    gradFunc: (slope, [x], { axis }) => {
      const shape = x.shape.slice();
      for (const summed of tf.util.parseAxisParam(axis as number[], x.shape)) shape[summed] = 1;
      return { x: () => tf.mul(tf.reshape(slope, shape), tf.onesLike(x)) };
    },
  },
  {
    kernelName: tf.Concat,
    saveAllInputs: true,
    gradFunc: (slope, saved, { axis }) => {
      const along = tf.util.parseAxisParam(axis as number, saved[0].shape)[0];
      const parts = tf.split(
        slope,
        saved.map(({ shape }) => shape[along]),
        along,
      );
      return Object.fromEntries(parts.map((part, index) => [String(index), () => part]));
    },
  },
  {
    kernelName: tf.SplitV,
    // The engine hands over a list of slopes, or the slope itself where there was one part only.
    gradFunc: (slopes, _saved, { axis }) => ({
      x: () => tf.concat([slopes].flat() as tf.Tensor[], axis as number),
    }),
  },
  {
    kernelName: tf.Softmax,
    outputsToSave: [true],
    gradFunc: (slope, [shares]) => {
      const weighted = tf.mul(slope, shares);
      return { logits: () => tf.sub(weighted, tf.mul(tf.sum(weighted, -1, true), shares)) };
    },
  },
];

/** Declares what is missing; calling it again changes nothing. */
export function registerGradients(): void {
  for (const gradient of GRADIENTS)
    if (!tf.getGradient(gradient.kernelName))
      tf.registerGradient(gradient as unknown as Parameters<typeof tf.registerGradient>[0]);
}
