import * as tf from '@tensorflow/tfjs-core';
import { attend, multiplyConstant } from '@winnow/tensor';
import type { HeavyRankerConfig, HeavyRankerInput } from '../architecture';

/** What is known of a query, repeated for each of its candidates. */
export interface PooledQuery {
  /** The history's slots averaged by recency, [n, dim] */
  readonly history: tf.Tensor2D;
  /** Newest slot, [n, dim] */
  readonly last: tf.Tensor2D;
  /** [n, profileSize] */
  readonly profile: tf.Tensor2D;
}

/**
 * The query without a look at the candidate: architectures from before target attention see a history as one mean. Its
 * weights are the softmax of the learned recency bias alone, so it is computed once a query, whatever its candidates.
 */
export function pooledQuery(input: HeavyRankerInput): PooledQuery {
  const { queryOfCandidate, slots, last, profile, bias, blocks } = input;
  const history = attend({
    queries: tf.zeros([blocks.length, 1]),
    keys: tf.zeros([slots.shape[0], 1]),
    values: slots as tf.Tensor2D,
    bias: bias as tf.Tensor1D,
    blocks: blocks.map((block, query) => ({ ...block, queryFrom: query, queryTo: query + 1, biasRows: 1 })),
  });
  const perCandidate = (x: tf.Tensor): tf.Tensor2D => multiplyConstant(queryOfCandidate, x as tf.Tensor2D);
  return { history: perCandidate(history), last: perCandidate(last), profile: perCandidate(profile) };
}

/** Width of {@link joinFields}. */
export const fieldsSize = ({ featureCount, dimension, profileSize }: HeavyRankerConfig): number =>
  featureCount + 3 * dimension + profileSize;

/** Everything side by side, without any interaction: [n, {@link fieldsSize}]. */
export const joinFields = (
  { features, candidates }: HeavyRankerInput,
  { history, last, profile }: PooledQuery,
): tf.Tensor2D => tf.concat([features, candidates, history, last, profile], 1) as tf.Tensor2D;

/** Width of {@link matchedFields}. */
export const matchedFieldsSize = (config: HeavyRankerConfig): number => fieldsSize(config) + config.dimension;

/** The fields and the item's product with the history, for networks that cannot multiply: [n, {@link matchedFieldsSize}]. */
export function matchedFields(input: HeavyRankerInput): tf.Tensor2D {
  const query = pooledQuery(input);
  const match = tf.mul(input.candidates, query.history);
  return tf.concat([joinFields(input, query), match], 1) as tf.Tensor2D;
}
