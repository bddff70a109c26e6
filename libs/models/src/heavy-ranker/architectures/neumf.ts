import * as tf from '@tensorflow/tfjs-core';
import { glorot, linear, Parameters } from '@winnow/tensor';
import type { HeavyRankerArchitecture } from './architecture';
import { addDenseStack, denseStack } from './blocks/dense-stack';
import { addHeads, headLogits } from './blocks/heads';
import { fieldsSize, joinFields, pooledQuery } from './blocks/pooled-query';

/**
 * NeuMF of Neural Collaborative Filtering (He et al., WWW 2017): generalised matrix factorisation, a weighted product of
 * user and item, beside a stack over their concatenation, joined under one head. Winnow numbers no users: the history
 * stands for the user. The paper's two embedding tables are two projections of one here, and the stack sees the features,
 * as its authors propose for content.
 */
export const neuMf: HeavyRankerArchitecture = {
  createParameters(config, baseLogits, random) {
    const { dimension, hiddenSizes } = config;
    const parameters = new Parameters()
      .add('factorisation/user', [dimension, dimension], glorot(dimension, dimension, random))
      .add('factorisation/item', [dimension, dimension], glorot(dimension, dimension, random));
    const deepSize = addDenseStack(parameters, {
      ...{ name: 'deep', inputSize: fieldsSize(config), sizes: hiddenSizes, random },
    });
    return addHeads(parameters, { inputSize: dimension + deepSize, baseLogits });
  },

  logits({ hiddenSizes }, weights, input) {
    const query = pooledQuery(input);
    const user = linear(query.history, weights['factorisation/user'] as tf.Tensor2D);
    const item = linear(input.candidates as tf.Tensor2D, weights['factorisation/item'] as tf.Tensor2D);
    const x = joinFields(input, query);
    const deep = denseStack(weights, { name: 'deep', x, sizes: hiddenSizes });
    return headLogits(weights, tf.concat([tf.mul(user, item), deep], 1));
  },
};
