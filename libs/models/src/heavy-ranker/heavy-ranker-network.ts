import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import { addRow, attend, dense, glorot, linear, multiplyConstant, Parameters, zeros } from '@winnow/tensor';
import type { AttentionBlock, ByName } from '@winnow/tensor';

/** Sizes of a heavy ranker; saved with its weights. */
export interface HeavyRankerConfig {
  readonly heads: readonly string[];
  readonly featureCount: number;
  /** Of item representations. */
  readonly dimension: number;
  readonly attentionSize: number;
  readonly profileSize: number;
  /** Rank of each cross layer's weight. */
  readonly crossRank: number;
  readonly crossLayerCount: number;
  readonly hiddenSizes: readonly number[];
  /** Of the wide part: what the features say by themselves. */
  readonly wideSizes: readonly [number, number];
  readonly historyCountMax: number;
  readonly eventTypeCount: number;
}

/** What the network sees of a list of candidates, possibly of several queries. */
export interface HeavyRankerInput {
  /** Item representation of each candidate, [n, dim] */
  readonly candidates: tf.Tensor;
  /** Scaled ranking features, [n, featureCount] */
  readonly features: tf.Tensor2D;
  /** One-hot query of each candidate, [n, queries] */
  readonly queryOfCandidate: tf.Tensor2D;
  /** History slots, [slots, dim] */
  readonly slots: tf.Tensor;
  /** Newest slot of each query, [queries, dim] */
  readonly last: tf.Tensor;
  /** [queries, profileSize] */
  readonly profile: tf.Tensor;
  /** Recency bias, one row of slots per block, flat */
  readonly bias: tf.Tensor;
  /** One block per query: its candidates and its slots. */
  readonly blocks: readonly AttentionBlock[];
}

const inputSize = ({ featureCount, dimension, profileSize }: HeavyRankerConfig): number =>
  featureCount + 4 * dimension + profileSize;

/** Whether a weight belongs to the part that reads the features alone. */
export const isWide = (name: string): boolean => name.startsWith('wide/');

/**
 * Fresh weights. The heads start at their base rates, given as logits, and the deep part starts silent: it learns what
 * the features alone do not tell, rather than learning all anew with a hundred times the weights.
 */
export function createHeavyRankerParameters(
  config: HeavyRankerConfig,
  baseLogits: Float32Array,
  random: Random,
): Parameters {
  const { dimension, attentionSize, crossRank, crossLayerCount, hiddenSizes, heads } = config;
  const width = inputSize(config);
  const parameters = new Parameters()
    .add('attention/query', [dimension, attentionSize], glorot(dimension, attentionSize, random))
    .add('attention/key', [dimension, attentionSize], glorot(dimension, attentionSize, random));
  for (let layer = 0; layer < crossLayerCount; layer += 1)
    parameters
      .add(`cross${layer}/down`, [width, crossRank], glorot(width, crossRank, random))
      .add(`cross${layer}/up`, [crossRank, width], glorot(crossRank, width, random))
      .add(`cross${layer}/bias`, [width], zeros(width));
  let from = width;
  hiddenSizes.forEach((size, layer) => {
    parameters
      .add(`hidden${layer}/weight`, [from, size], glorot(from, size, random))
      .add(`hidden${layer}/bias`, [size], zeros(size));
    from = size;
  });
  const joined = width + from;
  const [first, second] = config.wideSizes;
  const { featureCount } = config;
  return parameters
    .add('wide/first', [featureCount, first], glorot(featureCount, first, random))
    .add('wide/firstBias', [first], zeros(first))
    .add('wide/second', [first, second], glorot(first, second, random))
    .add('wide/secondBias', [second], zeros(second))
    .add('wide/out', [second, heads.length], glorot(second, heads.length, random))
    .add('wide/linear', [featureCount, heads.length], zeros(featureCount * heads.length))
    .add('wide/bias', [heads.length], baseLogits.slice())
    .add('heads/weight', [joined, heads.length], zeros(joined * heads.length));
}

/**
 * Logits of every head, [n, heads]. Each candidate asks the history what it knows of its like (target attention: Zhou et
 * al., Deep Interest Network, KDD 2018); low-rank crosses in parallel with a plain stack see the rest (Wang et al.,
 * DCN V2, WWW 2021), beside a wide part over the features (Cheng et al., Wide & Deep, 2016). Row i follows from candidate i and its query alone.
 */
export function heavyRankerLogits(
  config: HeavyRankerConfig,
  weights: ByName<tf.Tensor>,
  input: HeavyRankerInput,
): tf.Tensor2D {
  const { queryOfCandidate, features } = input;
  const candidates = input.candidates as tf.Tensor2D;
  const slots = input.slots as tf.Tensor2D;
  const attended = attend({
    queries: linear(candidates, weights['attention/query'] as tf.Tensor2D),
    keys: linear(slots, weights['attention/key'] as tf.Tensor2D),
    values: slots,
    bias: input.bias as tf.Tensor1D,
    blocks: input.blocks,
  });
  const last = multiplyConstant(queryOfCandidate, input.last as tf.Tensor2D);
  const profile = multiplyConstant(queryOfCandidate, input.profile as tf.Tensor2D);
  const joined = tf.concat(
    [features, candidates, attended, tf.mul(candidates, attended), tf.mul(candidates, last), profile],
    1,
  ) as tf.Tensor2D;
  let crossed = joined;
  for (let layer = 0; layer < config.crossLayerCount; layer += 1)
    crossed = crossLayer(joined, crossed, {
      down: weights[`cross${layer}/down`],
      up: weights[`cross${layer}/up`],
      bias: weights[`cross${layer}/bias`],
    });
  let hidden = joined;
  config.hiddenSizes.forEach((_size, layer) => {
    hidden = dense({
      x: hidden,
      weight: weights[`hidden${layer}/weight`],
      bias: weights[`hidden${layer}/bias`],
      activation: 'relu',
    });
  });
  const deep = linear(tf.concat([crossed, hidden], 1) as tf.Tensor2D, weights['heads/weight'] as tf.Tensor2D);
  return tf.add(wideLogits(weights, features), deep);
}

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

/** `x₀ ⊙ (x · down · up + bias) + x`. */
function crossLayer(
  first: tf.Tensor2D,
  x: tf.Tensor2D,
  layer: { readonly down: tf.Tensor; readonly up: tf.Tensor; readonly bias: tf.Tensor },
): tf.Tensor2D {
  const projected = linear(linear(x, layer.down as tf.Tensor2D), layer.up as tf.Tensor2D);
  return tf.add(tf.mul(first, addRow(projected, layer.bias as tf.Tensor1D)), x);
}
