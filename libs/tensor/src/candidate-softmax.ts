import * as tf from '@tensorflow/tfjs-core';
import { invariant } from '@winnow/domain';
import { deviceMemory } from './device-memory';
import { PROBABILITY_MIN, softmaxCrossEntropy } from './losses';
import { linear } from './network-ops';

type Matrix = tf.Tensor2D;
type Save = (tensors: tf.Tensor[]) => void;

export interface CandidateSoftmaxInput {
  /** [pairs, dim] */
  readonly queries: Matrix;
  /** [columns, dim] */
  readonly items: Matrix;
  readonly temperature: number;
  /** Added to the logits, row-major [pairs, columns]: a sampling correction, or a very negative number to leave one out. */
  readonly adjustment: Float32Array;
  /** Column of each pair's own item, [pairs]. */
  readonly targets: Uint32Array;
  /** [pairs, 1] */
  readonly weights: Matrix;
}

/**
 * Softmax cross-entropy of each pair's item among the batch's columns, averaged by weight:
 * `Σᵢ wᵢ · −log softmax(queriesᵢ · itemsᵀ / τ + adjustmentᵢ)[targetᵢ] / Σ w`. Differentiable in queries and items.
 *
 * The logits are the largest matrix of a training step. Where their memory is at hand, scaling, adjusting and the slope
 * are one pass each, in place; elsewhere they are kernels. Both give the same numbers. O(pairs · columns · dim).
 */
export function candidateSoftmaxLoss(input: CandidateSoftmaxInput): tf.Scalar {
  const { queries, items, adjustment, targets } = input;
  invariant(adjustment.length === queries.shape[0] * items.shape[0], 'the adjustment is [pairs, columns]');
  invariant(targets.length === queries.shape[0], 'every pair has a target');
  return deviceMemory(items) ? inPlaceLoss(input) : kernelLoss(input);
}

function inPlaceLoss(input: CandidateSoftmaxInput): tf.Scalar {
  const { queries, items, temperature, adjustment, targets, weights } = input;
  const factor = Math.fround(1 / temperature);
  const loss = tf.customGrad((...inputs) => {
    const save = inputs.pop() as unknown as Save;
    const [asked, columns] = inputs as [Matrix, Matrix];
    const logits = tf.matMul(asked, tf.transpose(columns)) as Matrix;
    scaleAndAdd(deviceMemory(logits)!, factor, adjustment);
    const shares = tf.softmax(logits) as Matrix;
    const rowWeights = tf.div(weights, tf.maximum(tf.sum(weights), PROBABILITY_MIN)) as Matrix;
    const own = tf.tensor2d(picked(deviceMemory(shares)!, targets), [targets.length, 1]);
    const losses = tf.neg(tf.log(tf.maximum(own, PROBABILITY_MIN)));
    save([asked, columns, shares, rowWeights]);
    return {
      value: tf.sum(tf.mul(losses, rowWeights)) as tf.Scalar,
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) => {
        const rates = deviceMemory(tf.mul(saved[3], slope))!.slice();
        toSlopes(deviceMemory(saved[2])!, { targets, rates, factor });
        return [
          tf.matMul(saved[2] as Matrix, saved[1] as Matrix),
          tf.transpose(tf.matMul(tf.transpose(saved[0] as Matrix), saved[2] as Matrix)),
        ];
      },
    };
  });
  return loss(queries, items) as tf.Scalar;
}

/** `x · factor + addend`, rounded to single precision after each, as kernels do. */
function scaleAndAdd(x: Float32Array, factor: number, addend: Float32Array): void {
  for (let index = 0; index < x.length; index += 1)
    x[index] = Math.fround(Math.fround(x[index] * factor) + addend[index]);
}

function picked(shares: Float32Array, targets: Uint32Array): Float32Array {
  const columnCount = shares.length / targets.length;
  return Float32Array.from(targets, (target, row) => shares[row * columnCount + target]);
}

/** Turns shares into slopes of the products: `(share − target) · rate · factor`. */
function toSlopes(
  shares: Float32Array,
  options: { readonly targets: Uint32Array; readonly rates: Float32Array; readonly factor: number },
): void {
  const { targets, rates, factor } = options;
  const columnCount = shares.length / targets.length;
  for (let row = 0; row < targets.length; row += 1) {
    const [from, rate] = [row * columnCount, rates[row]];
    const own = from + targets[row];
    shares[own] -= 1;
    for (let index = from; index < from + columnCount; index += 1)
      shares[index] = Math.fround(Math.fround(shares[index] * rate) * factor);
  }
}

function kernelLoss(input: CandidateSoftmaxInput): tf.Scalar {
  const { queries, items, temperature, adjustment, targets, weights } = input;
  const [pairCount, columnCount] = [queries.shape[0], items.shape[0]];
  const oneHot = new Float32Array(pairCount * columnCount);
  targets.forEach((target, row) => (oneHot[row * columnCount + target] = 1));
  const similarities = tf.mul(linear(queries, tf.transpose(items)), 1 / temperature);
  return softmaxCrossEntropy({
    logits: tf.add(similarities, tf.tensor2d(adjustment, [pairCount, columnCount])) as Matrix,
    targets: tf.tensor2d(oneHot, [pairCount, columnCount]),
    weights,
    oneHot: true,
  });
}
