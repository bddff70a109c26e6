import * as tf from '@tensorflow/tfjs-core';
import { constant, glorot, linear, normal, Parameters, zeros } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import type { HeavyRankerArchitecture, HeavyRankerInput } from './architecture';
import { addDenseStack, denseStack } from './blocks/dense-stack';
import { addHeads, headLogits } from './blocks/heads';
import { fieldsSize, joinFields, pooledQuery } from './blocks/pooled-query';
import type { PooledQuery } from './blocks/pooled-query';

/** Standard deviation of a feature's factors: dozens of them are multiplied pairwise and added up. */
const FACTOR_DEVIATION = 0.02;

/**
 * DeepFM (Guo et al., IJCAI 2017): a factorisation machine over all fields beside a plain stack over the same embeddings.
 * Fields are each feature (its value times its factors), the item, the history, the newest item and the profile. Where
 * the paper adds up the machine's pairwise products, each head here has weights over their dimensions, 1 at first.
 */
export const deepFm: HeavyRankerArchitecture = {
  createParameters(config, baseLogits, random) {
    const { featureCount, dimension, profileSize, hiddenSizes, heads } = config;
    const parameters = new Parameters()
      .add('wide/linear', [featureCount, heads.length], zeros(featureCount * heads.length))
      .add(
        'factors/features',
        [featureCount, dimension],
        normal(featureCount * dimension, FACTOR_DEVIATION, random),
      )
      .add('factors/profile', [profileSize, dimension], glorot(profileSize, dimension, random))
      .add('factors/heads', [dimension, heads.length], constant(dimension * heads.length, 1));
    const deepSize = addDenseStack(parameters, {
      ...{ name: 'deep', inputSize: fieldsSize(config), sizes: hiddenSizes, random },
    });
    return addHeads(parameters, { inputSize: deepSize, baseLogits });
  },

  logits({ hiddenSizes }, weights, input) {
    const query = pooledQuery(input);
    const x = joinFields(input, query);
    const deep = headLogits(weights, denseStack(weights, { name: 'deep', x, sizes: hiddenSizes }));
    const first = linear(input.features, weights['wide/linear'] as tf.Tensor2D);
    const second = linear(pairwiseProducts(weights, input, query), weights['factors/heads'] as tf.Tensor2D);
    return tf.add(tf.add(first, second), deep);
  },
};

/** `½ ((Σ v)² − Σ v²)` over the fields' vectors, by dimension: the sum over all pairs in linear time. [n, dim] */
function pairwiseProducts(
  weights: ByName<tf.Tensor>,
  { features, candidates }: HeavyRankerInput,
  { history, last, profile }: PooledQuery,
): tf.Tensor2D {
  const factors = weights['factors/features'] as tf.Tensor2D;
  const fields = [candidates, history, last, linear(profile, weights['factors/profile'] as tf.Tensor2D)];
  const total = fields.reduce((sum, field) => tf.add(sum, field), linear(features, factors) as tf.Tensor);
  const squares = fields.reduce(
    (sum, field) => tf.add(sum, tf.square(field)),
    linear(tf.square(features), tf.square(factors)) as tf.Tensor,
  );
  return tf.mul(tf.sub(tf.square(total), squares), 0.5);
}
