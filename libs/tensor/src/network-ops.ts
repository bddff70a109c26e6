import * as tf from '@tensorflow/tfjs-core';
import { isInference } from './inference';

// Why custom gradients: on wasm a matrix product with a transposed operand leaves XNNPACK for a plain loop, about
// ten times slower, and TF.js' own gradients are full of them; so here small operands are transposed explicitly.
// In inference the plain operations serve, fused where they can be: on small inputs each operation costs more than its
// arithmetic.

type Matrix = tf.Tensor2D;
/** The last argument of a function given to `tf.customGrad`; its typing there says a tensor. */
type Save = (tensors: tf.Tensor[]) => void;

/** `x · weight`: [n, k] × [k, m] → [n, m], differentiable in both. */
export function linear(x: Matrix, weight: Matrix): Matrix {
  if (isInference()) return tf.matMul(x, weight);
  const product = tf.customGrad((left, right, save) => {
    (save as Save)([left as tf.Tensor, right as tf.Tensor]);
    return {
      value: tf.matMul(left as Matrix, right as Matrix),
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) => [
        tf.matMul(slope as Matrix, tf.transpose(saved[1] as Matrix)),
        tf.matMul(tf.transpose(saved[0] as Matrix), slope as Matrix),
      ],
    };
  });
  return product(x, weight) as Matrix;
}

/** `constant · x`: [n, k] × [k, m] → [n, m], differentiable in `x` alone; selects rows when `constant` is one-hot. */
export function multiplyConstant(constant: Matrix, x: Matrix): Matrix {
  if (isInference()) return tf.matMul(constant, x);
  const product = tf.customGrad((right, save) => {
    (save as unknown as Save)([constant]);
    return {
      value: tf.matMul(constant, right as Matrix),
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) =>
        tf.matMul(tf.transpose(saved[0] as Matrix), slope as Matrix),
    };
  });
  return product(x) as Matrix;
}

/** Adds a row [m] to every row of [n, m]. */
export function addRow(x: Matrix, row: tf.Tensor1D): Matrix {
  if (isInference()) return tf.add(x, row);
  const sum = tf.customGrad((left, right) => ({
    value: tf.add(left as tf.Tensor, right as tf.Tensor),
    gradFunc: (slope: tf.Tensor) => [slope, columnSums(slope as Matrix)],
  }));
  return sum(x, row) as Matrix;
}

/** Multiplies every row of [n, m] by a row [m], element by element. */
export function scaleColumns(x: Matrix, row: tf.Tensor1D): Matrix {
  if (isInference()) return tf.mul(x, row);
  const product = tf.customGrad((left, right, save) => {
    (save as Save)([left as tf.Tensor, right as tf.Tensor]);
    return {
      value: tf.mul(left as tf.Tensor, right as tf.Tensor),
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) => [
        tf.mul(slope, saved[1]),
        columnSums(tf.mul(slope, saved[0]) as Matrix),
      ],
    };
  });
  return product(x, row) as Matrix;
}

const columnSums = (x: Matrix): tf.Tensor1D => tf.sum(x, 0);

/** `x · weight + bias`, then ReLU when asked: [n, k] → [n, m]. */
export function dense(options: {
  readonly x: tf.Tensor;
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor;
  readonly activation?: 'relu';
}): Matrix {
  const { x, weight, bias, activation } = options;
  if (isInference())
    return tf.fused.matMul({ a: x as Matrix, b: weight as Matrix, bias, activation }) as Matrix;
  const sum = addRow(linear(x as Matrix, weight as Matrix), bias as tf.Tensor1D);
  return activation === 'relu' ? tf.relu(sum) : sum;
}

/** Rows scaled to length 1; a zero row stays zero. [n, m] → [n, m]. */
export function l2Normalise(x: Matrix): Matrix {
  const squares = tf.sum(tf.square(x), 1, true);
  return tf.mul(x, tf.rsqrt(tf.add(squares, 1e-12)));
}
