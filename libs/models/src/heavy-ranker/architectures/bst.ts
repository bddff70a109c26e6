import * as tf from '@tensorflow/tfjs-core';
import { invariant } from '@winnow/domain';
import { Parameters } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import type { HeavyRankerArchitecture, HeavyRankerConfig, HeavyRankerInput } from './architecture';
import { addDenseStack, denseStack } from './blocks/dense-stack';
import { addHeads, headLogits } from './blocks/heads';
import { fieldsSize, joinFields, pooledQuery } from './blocks/pooled-query';
import { addTransformerBlock, transformerBlock } from './blocks/transformer-block';

/**
 * Behavior Sequence Transformer (Chen et al., DLP-KDD 2019): the candidate joins the history as one more token of a
 * transformer, and a plain stack sees what becomes of it. Here the history does not see the candidate, so it is encoded
 * once a query for all candidates, which see neither each other; the learned recency bias stands for position.
 */
export const bst: HeavyRankerArchitecture = {
  createParameters(config, baseLogits, random) {
    const { dimension, attentionHeadCount: headCount, transformerLayerCount, hiddenSizes } = config;
    invariant(dimension % headCount === 0, 'attention heads divide the dimension');
    const parameters = new Parameters();
    for (let layer = 0; layer < transformerLayerCount; layer += 1)
      addTransformerBlock(parameters, { name: `block${layer}`, dimension, headCount, random });
    const deepSize = addDenseStack(parameters, {
      ...{ name: 'deep', inputSize: fieldsSize(config) + dimension, sizes: hiddenSizes, random },
    });
    return addHeads(parameters, { inputSize: deepSize, baseLogits });
  },

  logits(config, weights, input) {
    const encoded = encodedCandidates(config, weights, input);
    const x = tf.concat([joinFields(input, pooledQuery(input)), encoded], 1) as tf.Tensor2D;
    return headLogits(weights, denseStack(weights, { name: 'deep', x, sizes: config.hiddenSizes }));
  },
};

/** The candidates' tokens after the last block, [n, dim]. */
function encodedCandidates(
  { attentionHeadCount: headCount, transformerLayerCount }: HeavyRankerConfig,
  weights: ByName<tf.Tensor>,
  { candidates, slots, bias, blocks }: HeavyRankerInput,
): tf.Tensor2D {
  // Slots attend to the slots of their own block, under the same recency bias.
  const within = blocks.map((block) => ({ ...block, queryFrom: block.slotFrom, queryTo: block.slotTo }));
  let tokens = candidates as tf.Tensor2D;
  let memory = slots as tf.Tensor2D;
  for (let layer = 0; layer < transformerLayerCount; layer += 1) {
    const shared = { name: `block${layer}`, headCount, memory, bias: bias as tf.Tensor1D };
    tokens = transformerBlock(weights, { ...shared, tokens, blocks });
    if (layer + 1 < transformerLayerCount)
      memory = transformerBlock(weights, { ...shared, tokens: memory, blocks: within });
  }
  return tokens;
}
