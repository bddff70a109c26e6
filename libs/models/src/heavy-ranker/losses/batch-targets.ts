import * as tf from '@tensorflow/tfjs-core';
import { HEAD_LOSSES } from '@winnow/domain';
import type { HeadLossName } from '@winnow/domain';
import { INVISIBLE } from '../../items/recency';
import type { HeavyRankerConfig } from '../architectures/architecture';
import type { RankingBatchMatrices } from '../ranking-batch';
import type { CandidateLists } from './loss';

/** What a batch's logits are held against. */
export interface BatchTargets {
  /** Values in deviations from their mean; unknown ones are 0. [rows, heads] */
  readonly labels: tf.Tensor2D;
  /** For each loss that some head learns by: 1 where it counts, [rows, heads] */
  readonly weights: Readonly<Partial<Record<HeadLossName, tf.Tensor2D>>>;
  /** One list per head and query, heads outermost: [heads · queries, width] */
  readonly lists: Omit<CandidateLists, 'logits'> & {
    /** Added to the logits: hides padding. */
    readonly hidden: tf.Tensor2D;
  };
}

type Batch = Pick<RankingBatchMatrices, 'queryCount' | 'width' | 'labels' | 'present'>;

export function batchTargets(batch: Batch, config: HeavyRankerConfig): BatchTargets {
  const { targets } = config;
  const headCount = targets.length;
  const rows = batch.queryCount * batch.width;
  const labels = new Float32Array(rows * headCount);
  const weights: Partial<Record<HeadLossName, tf.Tensor2D>> = {};
  for (const loss of HEAD_LOSSES) {
    if (!targets.some((target) => target.loss === loss)) continue;
    const counts = new Float32Array(rows * headCount);
    for (let at = 0; at < counts.length; at += 1) {
      const target = targets[at % headCount];
      const label = batch.labels[at];
      if (target.loss !== loss || Number.isNaN(label)) continue;
      counts[at] = batch.present[Math.floor(at / headCount)];
      labels[at] = target.loss === 'log-loss' ? label : (label - target.mean) / target.deviation;
    }
    weights[loss] = tf.tensor2d(counts, [rows, headCount]);
  }
  return { labels: tf.tensor2d(labels, [rows, headCount]), weights, lists: candidateLists(batch, config) };
}

/** Only heads that predict odds order candidates: a value says nothing of those it is unknown of. */
function candidateLists(
  { queryCount, width, labels, present }: Batch,
  { targets, rankingLoss }: HeavyRankerConfig,
): BatchTargets['lists'] {
  const headCount = targets.length;
  const taken = new Float32Array(queryCount * width * headCount);
  const leftOut = new Float32Array(rankingLoss === 'pairwise' ? taken.length : 0);
  const hidden = new Float32Array(taken.length);
  const weights = new Float32Array(queryCount * headCount);
  for (let head = 0; head < headCount; head += 1)
    for (let query = 0; query < queryCount; query += 1) {
      const list = head * queryCount + query;
      let positives = 0;
      let others = 0;
      for (let place = 0; place < width; place += 1) {
        const row = query * width + place;
        hidden[list * width + place] = present[row] === 1 ? 0 : INVISIBLE;
        if (targets[head].loss !== 'log-loss') continue;
        positives += labels[row * headCount + head];
        others += present[row] * (1 - labels[row * headCount + head]);
      }
      if (positives === 0) continue;
      weights[list] = 1;
      for (let place = 0; place < width; place += 1) {
        const label = labels[(query * width + place) * headCount + head];
        taken[list * width + place] = label / positives;
        if (leftOut.length > 0 && others > 0)
          leftOut[list * width + place] = (present[query * width + place] * (1 - label)) / others;
      }
    }
  const matrix = (values: Float32Array): tf.Tensor2D =>
    tf.tensor2d(values, [headCount * queryCount, values.length / (headCount * queryCount)]);
  return { taken: matrix(taken), leftOut: matrix(leftOut), hidden: matrix(hidden), weights: matrix(weights) };
}
