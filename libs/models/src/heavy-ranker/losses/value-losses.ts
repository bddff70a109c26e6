import * as tf from '@tensorflow/tfjs-core';
import type { PointLoss, PointRows } from './loss';

type Save = (tensors: tf.Tensor[]) => void;

/** Error, in standard deviations of the label, beyond which the Huber loss grows linearly. */
const HUBER_DELTA = 1;
const WEIGHT_MIN = 1e-30;

/** Mean of `penalty(logit − label)`, with the slope `slopeOf(logit − label)` fused. */
function valueLoss(
  { logits, labels, weights }: PointRows,
  penalty: (errors: tf.Tensor) => tf.Tensor,
  slopeOf: (errors: tf.Tensor) => tf.Tensor,
): tf.Scalar {
  const loss = tf.customGrad((predicted, save) => {
    const errors = tf.sub(predicted as tf.Tensor, labels);
    const shares = tf.div(weights, tf.maximum(tf.sum(weights), WEIGHT_MIN));
    (save as unknown as Save)([errors, shares]);
    return {
      value: tf.sum(tf.mul(penalty(errors), shares)) as tf.Scalar,
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) => tf.mul(tf.mul(slopeOf(saved[0]), saved[1]), slope),
    };
  });
  return loss(logits) as tf.Scalar;
}

/** Mean squared error, for heads that predict a value: a rating, a time spent. */
export const squaredError: PointLoss = (rows) =>
  valueLoss(
    rows,
    (errors) => tf.square(errors),
    (errors) => tf.mul(errors, 2),
  );

/** As half the squared error near the label and linear beyond (Huber, 1964): one endless visit does not outweigh a hundred. */
export const huber: PointLoss = (rows) =>
  valueLoss(
    rows,
    (errors) => {
      const near = tf.minimum(tf.abs(errors), HUBER_DELTA);
      return tf.mul(near, tf.sub(tf.abs(errors), tf.mul(near, 0.5)));
    },
    (errors) => tf.clipByValue(errors, -HUBER_DELTA, HUBER_DELTA),
  );
