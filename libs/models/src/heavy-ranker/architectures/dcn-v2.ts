import * as tf from '@tensorflow/tfjs-core';
import { Parameters } from '@winnow/tensor';
import type { HeavyRankerArchitecture } from './architecture';
import { addCrossNetwork, crossNetwork } from './blocks/cross-network';
import { addDenseStack, denseStack } from './blocks/dense-stack';
import { addHeads, headLogits } from './blocks/heads';
import { fieldsSize, joinFields, pooledQuery } from './blocks/pooled-query';

/** DCN-V2 (Wang et al., WWW 2021), the parallel structure: low-rank cross layers beside a plain stack, joined under the heads. */
export const dcnV2: HeavyRankerArchitecture = {
  createParameters(config, baseLogits, random) {
    const { crossRank, crossLayerCount, hiddenSizes } = config;
    const parameters = new Parameters();
    const width = fieldsSize(config);
    addCrossNetwork(parameters, { width, rank: crossRank, layerCount: crossLayerCount, random });
    const deepSize = addDenseStack(parameters, {
      ...{ name: 'deep', inputSize: width, sizes: hiddenSizes, random },
    });
    return addHeads(parameters, { inputSize: width + deepSize, baseLogits });
  },

  logits({ crossLayerCount, hiddenSizes }, weights, input) {
    const x = joinFields(input, pooledQuery(input));
    const crossed = crossNetwork(weights, x, crossLayerCount);
    const deep = denseStack(weights, { name: 'deep', x, sizes: hiddenSizes });
    return headLogits(weights, tf.concat([crossed, deep], 1));
  },
};
