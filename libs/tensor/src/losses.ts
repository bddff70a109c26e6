import * as tf from '@tensorflow/tfjs-core';

type Matrix = tf.Tensor2D;
type Save = (tensors: tf.Tensor[]) => void;

/** Keeps logarithms finite where a probability underflows. */
export const PROBABILITY_MIN = 1e-30;

/**
 * Softmax cross-entropy against target distributions, averaged over rows by weight:
 * `Σᵢ wᵢ · −Σⱼ tᵢⱼ log softmax(logitsᵢ)ⱼ / Σᵢ wᵢ`. The gradient is fused: `(softmax · Σⱼ tᵢⱼ − t) · wᵢ / Σ w`.
 *
 * @param options.logits [n, m]; a very negative logit takes no part
 * @param options.targets [n, m], each row's sum 1 or 0
 * @param options.weights [n, 1]
 * @param options.oneHot the targets are one-hot: one logarithm a row instead of m
 */
export function softmaxCrossEntropy(options: {
  readonly logits: Matrix;
  readonly targets: Matrix;
  readonly weights: Matrix;
  readonly oneHot?: boolean;
}): tf.Scalar {
  const { targets, weights, oneHot = false } = options;
  const loss = tf.customGrad((logits, save) => {
    const shares = tf.softmax(logits as Matrix) as Matrix;
    const rowWeights = tf.div(weights, tf.maximum(tf.sum(weights), PROBABILITY_MIN)) as Matrix;
    (save as unknown as Save)([shares, rowWeights, targets]);
    const losses = crossEntropies(shares, targets, oneHot);
    return {
      value: tf.sum(tf.mul(losses, rowWeights)) as tf.Scalar,
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) => {
        const sums = tf.sum(saved[2], 1, true);
        return tf.mul(tf.sub(tf.mul(saved[0], sums), saved[2]), tf.mul(saved[1], slope));
      },
    };
  });
  return loss(options.logits) as tf.Scalar;
}

/** Row by row `−Σⱼ t log p`, [n, 1]. */
function crossEntropies(shares: Matrix, targets: Matrix, oneHot: boolean): tf.Tensor {
  const logarithm = (values: tf.Tensor): tf.Tensor => tf.log(tf.maximum(values, PROBABILITY_MIN));
  return oneHot
    ? tf.neg(logarithm(tf.sum(tf.mul(targets, shares), 1, true)))
    : tf.neg(tf.sum(tf.mul(targets, logarithm(shares)), 1, true));
}

/**
 * Binary cross-entropy on logits, averaged by weight over all entries: the gradient is `(σ(logit) − label) · w / Σ w`.
 *
 * @param options.logits [n, heads]
 * @param options.labels [n, heads], in [0, 1]
 * @param options.weights [n, heads]; 0 leaves an entry out
 */
export function binaryCrossEntropy(options: {
  readonly logits: Matrix;
  readonly labels: Matrix;
  readonly weights: Matrix;
}): tf.Scalar {
  const { labels, weights } = options;
  const loss = tf.customGrad((logits, save) => {
    const probabilities = tf.sigmoid(logits as Matrix);
    const shares = tf.div(weights, tf.maximum(tf.sum(weights), PROBABILITY_MIN));
    (save as unknown as Save)([probabilities, shares, labels]);
    const positive = tf.mul(labels, tf.log(tf.maximum(probabilities, PROBABILITY_MIN)));
    const negative = tf.mul(tf.sub(1, labels), tf.log(tf.maximum(tf.sub(1, probabilities), PROBABILITY_MIN)));
    return {
      value: tf.neg(tf.sum(tf.mul(tf.add(positive, negative), shares))) as tf.Scalar,
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) =>
        tf.mul(tf.mul(tf.sub(saved[0], saved[2]), saved[1]), slope),
    };
  });
  return loss(options.logits) as tf.Scalar;
}
