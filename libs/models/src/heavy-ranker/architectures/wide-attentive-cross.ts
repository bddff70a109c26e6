import * as tf from '@tensorflow/tfjs-core';
import { attend, dense, glorot, linear, multiplyConstant, Parameters, zeros } from '@winnow/tensor';
import type { ByName } from '@winnow/tensor';
import type { HeavyRankerArchitecture, HeavyRankerConfig } from './architecture';
import { addCrossNetwork, crossNetwork } from './blocks/cross-network';
import { addDenseStack, denseStack } from './blocks/dense-stack';

const inputSize = ({ featureCount, dimension, profileSize }: HeavyRankerConfig): number =>
  featureCount + 4 * dimension + profileSize;

/**
 * Winnow's own, and the default. Each candidate asks the history what it knows of its like (target attention: Zhou et
 * al., Deep Interest Network, KDD 2018); low-rank crosses in parallel with a plain stack see the rest (Wang et al.,
 * DCN V2, WWW 2021), beside a wide part over the features (Cheng et al., Wide & Deep, 2016). The deep part starts
 * silent: it learns what the features alone do not tell, rather than learning all anew with a hundred times the weights.
 */
export const wideAttentiveCross: HeavyRankerArchitecture = {
  createParameters(config, baseLogits, random) {
    const { dimension, attentionSize, crossRank, crossLayerCount, hiddenSizes, heads, featureCount } = config;
    const width = inputSize(config);
    const parameters = new Parameters()
      .add('attention/query', [dimension, attentionSize], glorot(dimension, attentionSize, random))
      .add('attention/key', [dimension, attentionSize], glorot(dimension, attentionSize, random));
    addCrossNetwork(parameters, { width, rank: crossRank, layerCount: crossLayerCount, random });
    const deepSize = addDenseStack(parameters, {
      ...{ name: 'hidden', inputSize: width, sizes: hiddenSizes, random },
    });
    const [first, second] = config.wideSizes;
    return parameters
      .add('wide/first', [featureCount, first], glorot(featureCount, first, random))
      .add('wide/firstBias', [first], zeros(first))
      .add('wide/second', [first, second], glorot(first, second, random))
      .add('wide/secondBias', [second], zeros(second))
      .add('wide/out', [second, heads.length], glorot(second, heads.length, random))
      .add('wide/linear', [featureCount, heads.length], zeros(featureCount * heads.length))
      .add('wide/bias', [heads.length], baseLogits.slice())
      .add('heads/weight', [width + deepSize, heads.length], zeros((width + deepSize) * heads.length));
  },

  logits({ crossLayerCount, hiddenSizes }, weights, input) {
    const { queryOfCandidate, features, bias, blocks } = input;
    const candidates = input.candidates as tf.Tensor2D;
    const slots = input.slots as tf.Tensor2D;
    const attended = attend({
      queries: linear(candidates, weights['attention/query'] as tf.Tensor2D),
      keys: linear(slots, weights['attention/key'] as tf.Tensor2D),
      values: slots,
      bias: bias as tf.Tensor1D,
      blocks,
    });
    const last = multiplyConstant(queryOfCandidate, input.last as tf.Tensor2D);
    const profile = multiplyConstant(queryOfCandidate, input.profile as tf.Tensor2D);
    const joined = tf.concat(
      [features, candidates, attended, tf.mul(candidates, attended), tf.mul(candidates, last), profile],
      1,
    ) as tf.Tensor2D;
    const crossed = crossNetwork(weights, joined, crossLayerCount);
    const hidden = denseStack(weights, { name: 'hidden', x: joined, sizes: hiddenSizes });
    const deep = linear(
      tf.concat([crossed, hidden], 1) as tf.Tensor2D,
      weights['heads/weight'] as tf.Tensor2D,
    );
    return tf.add(wideLogits(weights, features), deep);
  },
};

/** Two small layers beside a linear path over the features: [n, featureCount] → [n, heads]. */
function wideLogits(weights: ByName<tf.Tensor>, features: tf.Tensor2D): tf.Tensor2D {
  const first = dense({
    x: features,
    weight: weights['wide/first'],
    bias: weights['wide/firstBias'],
    activation: 'relu',
  });
  const second = dense({
    x: first,
    weight: weights['wide/second'],
    bias: weights['wide/secondBias'],
    activation: 'relu',
  });
  const straight = dense({ x: features, weight: weights['wide/linear'], bias: weights['wide/bias'] });
  return tf.add(straight, linear(second, weights['wide/out'] as tf.Tensor2D));
}
