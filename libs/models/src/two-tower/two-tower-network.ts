import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import {
  attend,
  constant,
  dense,
  glorot,
  l2Normalise,
  linear,
  addRow,
  Parameters,
  scaleColumns,
  zeros,
} from '@winnow/tensor';
import type { AttentionBlock, ByName } from '@winnow/tensor';

/** Sizes of a two-tower network; saved with its weights. */
export interface TwoTowerConfig {
  /** Of the representations and of the towers' outputs. */
  readonly dimension: number;
  readonly attentionSize: number;
  readonly profileSize: number;
  readonly hiddenSize: number;
  readonly historyCountMax: number;
  readonly eventTypeCount: number;
  readonly temperature: number;
}

/** What the query tower sees of one or more queries, as matrices. */
export interface QueryTowerInput {
  /** History slots of all queries, [slots, dim]: item representation plus event type. */
  readonly slots: tf.Tensor;
  /** The slot of each query's most recent item, [queries, dim]. */
  readonly last: tf.Tensor;
  /** Bag of profile rows, [queries, profileSize]. */
  readonly profile: tf.Tensor;
  /** Flat, block by block [queries, slots]: recency bias, or a very negative number where a query must not look. */
  readonly bias: tf.Tensor;
  readonly blocks: readonly AttentionBlock[];
}

/** The dense weights of both towers, freshly initialised. */
export function createTwoTowerParameters(config: TwoTowerConfig, random: Random): Parameters {
  const { dimension, attentionSize, profileSize, hiddenSize } = config;
  const inputSize = 2 * dimension + profileSize;
  return new Parameters()
    .add('query/key', [dimension, attentionSize], glorot(dimension, attentionSize, random))
    .add(
      'query/ask',
      [dimension + profileSize, attentionSize],
      glorot(dimension + profileSize, attentionSize, random),
    )
    .add('query/askBias', [attentionSize], zeros(attentionSize))
    .add('query/pooledGate', [dimension], constant(dimension, 1))
    .add('query/lastGate', [dimension], constant(dimension, 0.3))
    .add('query/hidden', [inputSize, hiddenSize], glorot(inputSize, hiddenSize, random))
    .add('query/hiddenBias', [hiddenSize], zeros(hiddenSize))
    .add('query/out', [hiddenSize, dimension], glorot(hiddenSize, dimension, random))
    .add('query/outBias', [dimension], zeros(dimension))
    .add('item/hidden', [dimension, hiddenSize], glorot(dimension, hiddenSize, random))
    .add('item/hiddenBias', [hiddenSize], zeros(hiddenSize))
    .add('item/out', [hiddenSize, dimension], glorot(hiddenSize, dimension, random))
    .add('item/outBias', [dimension], zeros(dimension));
}

/**
 * History by attention, asked by the most recent item and the profile; then a hidden layer beside a gated path, so
 * that the tower starts as a weighted mean of what the user did and learns what to change about it.
 *
 * @returns [queries, dim], L2-normalised
 */
export function queryTower(weights: ByName<tf.Tensor>, input: QueryTowerInput): tf.Tensor2D {
  const slots = input.slots as tf.Tensor2D;
  const last = input.last as tf.Tensor2D;
  const profile = input.profile as tf.Tensor2D;
  const asking = addRow(
    linear(tf.concat([last, profile], 1), weights['query/ask'] as tf.Tensor2D),
    weights['query/askBias'] as tf.Tensor1D,
  );
  const pooled = attend({
    queries: asking,
    keys: linear(slots, weights['query/key'] as tf.Tensor2D),
    values: slots,
    bias: input.bias as tf.Tensor1D,
    blocks: input.blocks,
  });
  const hidden = dense({
    x: tf.concat([pooled, last, profile], 1),
    weight: weights['query/hidden'],
    bias: weights['query/hiddenBias'],
    activation: 'relu',
  });
  const change = dense({ x: hidden, weight: weights['query/out'], bias: weights['query/outBias'] });
  const gated = tf.add(
    scaleColumns(pooled, weights['query/pooledGate'] as tf.Tensor1D),
    scaleColumns(last, weights['query/lastGate'] as tf.Tensor1D),
  );
  return l2Normalise(tf.add(gated, change) as tf.Tensor2D);
}

/** One hidden layer beside an identity path: [items, dim] → [items, dim], L2-normalised. */
export function itemTower(weights: ByName<tf.Tensor>, items: tf.Tensor): tf.Tensor2D {
  const hidden = dense({
    x: items,
    weight: weights['item/hidden'],
    bias: weights['item/hiddenBias'],
    activation: 'relu',
  });
  const change = dense({ x: hidden, weight: weights['item/out'], bias: weights['item/outBias'] });
  return l2Normalise(tf.add(items, change) as tf.Tensor2D);
}
