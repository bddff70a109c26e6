import type * as tf from '@tensorflow/tfjs-core';
import type { HeadLossName, HeavyRankerArchitectureName, Random, RankingLossName } from '@winnow/domain';
import type { AttentionBlock, ByName, Parameters } from '@winnow/tensor';

/** What a head learns. One that predicts a value learns it in deviations from its mean. */
export type HeadTarget =
  | { readonly loss: 'log-loss' }
  | { readonly loss: Exclude<HeadLossName, 'log-loss'>; readonly mean: number; readonly deviation: number };

/** What a heavy ranker is; saved with its weights. Each architecture reads the sizes that it has a use for. */
export interface HeavyRankerConfig {
  readonly architecture: HeavyRankerArchitectureName;
  readonly heads: readonly string[];
  /** Parallel to `heads`. */
  readonly targets: readonly HeadTarget[];
  readonly rankingLoss: RankingLossName;
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
  /** Experts of each group, and the width of each. */
  readonly expertCount: number;
  readonly expertSize: number;
  /** Heads and blocks of a transformer over the history; heads divide `dimension`. */
  readonly attentionHeadCount: number;
  readonly transformerLayerCount: number;
  readonly historyCountMax: number;
  readonly eventTypeCount: number;
}

/** Sizes that are the same for every data set until somebody finds better ones. */
export const DEFAULT_SIZES = {
  attentionSize: 16,
  profileSize: 8,
  crossRank: 16,
  crossLayerCount: 2,
  hiddenSizes: [64, 32],
  wideSizes: [32, 16],
  expertCount: 4,
  expertSize: 32,
  attentionHeadCount: 2,
  transformerLayerCount: 2,
} as const satisfies Partial<HeavyRankerConfig>;

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

/**
 * A network that turns what is known of a query and its candidates into one logit per head. Row i of the logits must
 * follow from candidate i and its query alone, and everything differentiable in the input must enter them.
 */
export interface HeavyRankerArchitecture {
  /**
   * Fresh weights, drawn in a fixed order. The heads start at their base rates, given as logits. Weights whose names
   * begin with `wide/` read features alone: the trainer lets them learn faster than all others.
   */
  createParameters(config: HeavyRankerConfig, baseLogits: Float32Array, random: Random): Parameters;
  /** [n, heads] */
  logits(config: HeavyRankerConfig, weights: ByName<tf.Tensor>, input: HeavyRankerInput): tf.Tensor2D;
}
