import * as tf from '@tensorflow/tfjs-core';
import { linear, Parameters, zeros } from '@winnow/tensor';
import type { HeavyRankerArchitecture } from './architecture';
import { addDenseStack, denseStack } from './blocks/dense-stack';
import { addHeads, headLogits } from './blocks/heads';
import { fieldsSize, joinFields, pooledQuery } from './blocks/pooled-query';

/**
 * Wide & Deep (Cheng et al., DLRS 2016): a linear model over the features, which are crosses of query and item already,
 * remembers; a plain stack over embeddings and features generalises; their logits are added.
 */
export const wideAndDeep: HeavyRankerArchitecture = {
  createParameters(config, baseLogits, random) {
    const { featureCount, hiddenSizes, heads } = config;
    const parameters = new Parameters().add(
      'wide/linear',
      [featureCount, heads.length],
      zeros(featureCount * heads.length),
    );
    const deepSize = addDenseStack(parameters, {
      ...{ name: 'deep', inputSize: fieldsSize(config), sizes: hiddenSizes, random },
    });
    return addHeads(parameters, { inputSize: deepSize, baseLogits });
  },

  logits({ hiddenSizes }, weights, input) {
    const x = joinFields(input, pooledQuery(input));
    const deep = headLogits(weights, denseStack(weights, { name: 'deep', x, sizes: hiddenSizes }));
    return tf.add(deep, linear(input.features, weights['wide/linear'] as tf.Tensor2D));
  },
};
