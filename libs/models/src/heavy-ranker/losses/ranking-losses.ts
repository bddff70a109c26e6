import * as tf from '@tensorflow/tfjs-core';
import { softmaxCrossEntropy } from '@winnow/tensor';
import type { ListLoss } from './loss';

type Save = (tensors: tf.Tensor[]) => void;

const PROBABILITY_MIN = 1e-30;

/** ListNet's top-one loss (Cao et al., ICML 2007): the softmax over a list is drawn towards what was taken. */
export const listwise: ListLoss = ({ logits, taken, weights }) =>
  softmaxCrossEntropy({ logits, targets: taken, weights });

/**
 * The logistic loss of each pair of a taken candidate and one that was left out, averaged over a list's pairs (RankNet:
 * Burges et al., ICML 2005; BPR: Rendle et al., UAI 2009). O(lists · width²) numbers at once.
 */
export const pairwise: ListLoss = ({ logits, taken, leftOut, weights }) => {
  const [lists, width] = logits.shape;
  const loss = tf.customGrad((scores, save) => {
    const ahead = tf.sigmoid(
      tf.sub(
        tf.reshape(scores as tf.Tensor, [lists, width, 1]),
        tf.reshape(scores as tf.Tensor, [lists, 1, width]),
      ),
    );
    const shares = tf.div(weights, tf.maximum(tf.sum(weights), PROBABILITY_MIN));
    const pairs = tf.mul(
      tf.mul(tf.reshape(taken, [lists, width, 1]), tf.reshape(leftOut, [lists, 1, width])),
      tf.reshape(shares, [lists, 1, 1]),
    );
    (save as unknown as Save)([ahead, pairs]);
    return {
      value: tf.neg(tf.sum(tf.mul(pairs, tf.log(tf.maximum(ahead, PROBABILITY_MIN))))) as tf.Scalar,
      gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) => {
        const wrong = tf.mul(tf.mul(tf.sub(1, saved[0]), saved[1]), slope);
        return tf.sub(tf.sum(wrong, 1), tf.sum(wrong, 2));
      },
    };
  });
  return loss(logits) as tf.Scalar;
};
