import * as tf from '@tensorflow/tfjs-core';
import { dense, glorot, linear, Parameters, zeros } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import type { HeavyRankerArchitecture, HeavyRankerConfig, HeavyRankerInput } from './architecture';
import { addDenseStack, denseStack } from './blocks/dense-stack';
import { addHeads, headLogits } from './blocks/heads';
import { fieldsSize, joinFields, pooledQuery } from './blocks/pooled-query';

/**
 * Deep Interest Network (Zhou et al., KDD 2018): a small network, the activation unit, looks at each pair of candidate and
 * history slot and says how much the slot matters; the history is the sum of its slots so weighted, unnormalised, so that
 * many likes weigh more than one. A plain stack sees that beside everything else.
 */
export const din: HeavyRankerArchitecture = {
  createParameters(config, baseLogits, random) {
    const { dimension, attentionSize, hiddenSizes } = config;
    const parameters = new Parameters()
      .add('activation/slot', [attentionSize, dimension], glorot(attentionSize, dimension, random))
      .add('activation/product', [attentionSize, dimension], glorot(attentionSize, dimension, random))
      .add('activation/candidate', [dimension, attentionSize], glorot(dimension, attentionSize, random))
      .add('activation/bias', [attentionSize], zeros(attentionSize))
      .add('activation/out', [1, attentionSize], glorot(1, attentionSize, random));
    const deepSize = addDenseStack(parameters, {
      ...{ name: 'deep', inputSize: fieldsSize(config) + dimension, sizes: hiddenSizes, random },
    });
    return addHeads(parameters, { inputSize: deepSize, baseLogits });
  },

  logits(config, weights, input) {
    const interest = activatedHistory(config, weights, input);
    const x = tf.concat([joinFields(input, pooledQuery(input)), interest], 1) as tf.Tensor2D;
    return headLogits(weights, denseStack(weights, { name: 'deep', x, sizes: config.hiddenSizes }));
  },
};

/**
 * Each candidate's history, [n, dim]. The unit's first layer is linear in the slot for a given candidate – its weights are
 * `slot + candidate ⊙ product` – so all its sums over pairs are one matrix product per query.
 */
function activatedHistory(
  { attentionSize, dimension }: HeavyRankerConfig,
  weights: ByName<tf.Tensor>,
  { candidates, slots, bias, blocks }: HeavyRankerInput,
): tf.Tensor2D {
  const rowCounts = blocks.map(({ queryFrom, queryTo }) => queryTo - queryFrom);
  const slotCounts = blocks.map(({ slotFrom, slotTo }) => slotTo - slotFrom);
  const rows = candidates.shape[0];
  const perUnit = (name: string): tf.Tensor => tf.reshape(weights[name], [attentionSize, 1, dimension]);
  const slotWeights = tf.add(
    tf.mul(tf.reshape(candidates, [1, rows, dimension]), perUnit('activation/product')),
    perUnit('activation/slot'),
  );
  const own = dense({
    x: candidates,
    weight: weights['activation/candidate'],
    bias: weights['activation/bias'],
  });
  const slotWeightParts = tf.split(slotWeights, rowCounts, 1);
  const ownParts = tf.split(tf.transpose(own), rowCounts, 1);
  const slotParts = tf.split(slots as tf.Tensor2D, slotCounts, 0);
  const biasParts = tf.split(bias as tf.Tensor1D, slotCounts, 0);
  const parts = blocks.map((_block, block) => {
    const [rowCount, slotCount] = [rowCounts[block], slotCounts[block]];
    const pairs = linear(
      tf.reshape(slotWeightParts[block], [attentionSize * rowCount, dimension]) as tf.Tensor2D,
      tf.transpose(slotParts[block] as tf.Tensor2D),
    );
    const hidden = tf.relu(tf.add(pairs, tf.reshape(ownParts[block], [attentionSize * rowCount, 1])));
    const perPair = linear(
      weights['activation/out'] as tf.Tensor2D,
      tf.reshape(hidden, [attentionSize, rowCount * slotCount]) as tf.Tensor2D,
    );
    // Not `addRow`: its slope and the slope of `perPair` would be right operands of one memory and two shapes, which wasm's
    // matrix product, remembering packed operands by memory alone, takes for one another.
    const recency = tf.reshape(biasParts[block], [1, slotCount]);
    const activations = tf.add(tf.reshape(perPair, [rowCount, slotCount]), recency) as tf.Tensor2D;
    return linear(activations, slotParts[block] as tf.Tensor2D);
  });
  return tf.concat(parts, 0) as tf.Tensor2D;
}
