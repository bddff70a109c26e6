import * as tf from '@tensorflow/tfjs-core';
import { constant, glorot, linear, Parameters } from '@winnow/tensor';
import type { HeavyRankerArchitecture } from './architecture';
import { addDenseStack, denseStack } from './blocks/dense-stack';
import { addHeads, headLogits } from './blocks/heads';
import { pooledQuery } from './blocks/pooled-query';

/** The features' vector, the item, the history, the newest item and the profile. */
const FIELD_COUNT = 5;
const PAIR_COUNT = (FIELD_COUNT * (FIELD_COUNT - 1)) / 2;

/**
 * DLRM (Naumov et al., 2019): a bottom stack turns the dense features into one more embedding; the inner products of all
 * pairs of embeddings, and that one itself, go to a top stack.
 */
export const dlrm: HeavyRankerArchitecture = {
  createParameters({ featureCount, dimension, profileSize, hiddenSizes }, baseLogits, random) {
    const parameters = new Parameters().add(
      'profile/projection',
      [profileSize, dimension],
      glorot(profileSize, dimension, random),
    );
    addDenseStack(parameters, {
      ...{ name: 'bottom', inputSize: featureCount, sizes: [hiddenSizes[0], dimension], random },
    });
    const topSize = addDenseStack(parameters, {
      ...{ name: 'top', inputSize: dimension + PAIR_COUNT, sizes: hiddenSizes, random },
    });
    return addHeads(parameters, { inputSize: topSize, baseLogits });
  },

  logits({ dimension, hiddenSizes }, weights, input) {
    const { history, last, profile } = pooledQuery(input);
    const bottom = denseStack(weights, {
      ...{ name: 'bottom', x: input.features, sizes: [hiddenSizes[0], dimension] },
    });
    const projected = linear(profile, weights['profile/projection'] as tf.Tensor2D);
    const products = innerProducts([bottom, input.candidates as tf.Tensor2D, history, last, projected]);
    const x = tf.concat([bottom, products], 1) as tf.Tensor2D;
    return headLogits(weights, denseStack(weights, { name: 'top', x, sizes: hiddenSizes }));
  },
};

/** Row by row, the inner product of every pair: fields [n, dim] → [n, pairs]. */
function innerProducts(fields: readonly tf.Tensor2D[]): tf.Tensor2D {
  const dimension = fields[0].shape[1];
  const ones = tf.tensor2d(constant(dimension, 1), [dimension, 1]);
  const columns = fields.flatMap((left, index) =>
    fields.slice(index + 1).map((right) => linear(tf.mul(left, right), ones)),
  );
  return tf.concat(columns, 1) as tf.Tensor2D;
}
