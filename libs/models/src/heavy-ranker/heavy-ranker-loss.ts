import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy, lossAndGradients, softmaxCrossEntropy } from '@winnow/tensor';
import type { ByName, LossAndGradients, Parameters } from '@winnow/tensor';
import { INVISIBLE } from '../items/recency';
import { heavyRankerLogits } from './heavy-ranker-network';
import type { HeavyRankerConfig } from './heavy-ranker-network';
import type { RankingBatchMatrices } from './ranking-batch';

/** What a log loss, averaged over all rows, counts beside a listwise loss averaged over queries. */
const LOG_LOSS_WEIGHT = 1;

/** Loss of one batch, and its slopes with respect to the weights and to the leaves of {@link RankingBatch.takeApart}. */
export async function heavyRankerLossAndGradients(
  weights: Parameters,
  matrices: RankingBatchMatrices,
  config: HeavyRankerConfig,
): Promise<LossAndGradients> {
  const leaves = leavesOf(matrices, config);
  const fixed = fixedTensors(matrices, config);
  const result = await lossAndGradients({ ...weights.tensors(), ...leaves }, (named) =>
    heavyRankerLoss(config, named, fixed),
  );
  const { attention: _blocks, ...tensors } = fixed;
  tf.dispose([leaves, tensors]);
  return result;
}

const leavesOf = (matrices: RankingBatchMatrices, config: HeavyRankerConfig): Record<string, tf.Tensor> => {
  const rows = matrices.queryCount * matrices.width;
  return {
    candidates: tf.tensor2d(matrices.candidates, [rows, config.dimension]),
    slots: tf.tensor2d(matrices.slots, [matrices.slotCount, config.dimension]),
    last: tf.tensor2d(matrices.last, [matrices.queryCount, config.dimension]),
    profile: tf.tensor2d(matrices.profile, [matrices.queryCount, config.profileSize]),
    bias: tf.tensor1d(matrices.bias),
    position: tf.tensor2d(matrices.position, [rows, config.heads.length]),
  };
};

/** What a batch brings besides its leaves. */
interface HeavyRankerFixed {
  readonly attention: RankingBatchMatrices['attention'];
  readonly features: tf.Tensor2D;
  readonly queryOfCandidate: tf.Tensor2D;
  readonly labels: tf.Tensor2D;
  /** 1, or 0 for padding, [rows, heads] */
  readonly present: tf.Tensor2D;
  /** Positives of each head and query as a distribution over its candidates, [heads · queries, width] */
  readonly targets: tf.Tensor2D;
  /** Hides padding from the softmax, [heads · queries, width] */
  readonly hidden: tf.Tensor2D;
  /** |value-model weight| where the head has a positive in the query, [heads · queries, 1] */
  readonly listWeights: tf.Tensor2D;
}

function fixedTensors(matrices: RankingBatchMatrices, config: HeavyRankerConfig): HeavyRankerFixed {
  const { queryCount, width, labels, present, attention } = matrices;
  const headCount = config.heads.length;
  const rows = queryCount * width;
  const targets = new Float32Array(rows * headCount);
  const hidden = new Float32Array(rows * headCount);
  const listWeights = new Float32Array(queryCount * headCount);
  for (let head = 0; head < headCount; head += 1)
    for (let query = 0; query < queryCount; query += 1) {
      const list = head * queryCount + query;
      let positives = 0;
      for (let place = 0; place < width; place += 1)
        positives += labels[(query * width + place) * headCount + head];
      if (positives > 0) listWeights[list] = 1;
      for (let place = 0; place < width; place += 1) {
        const row = query * width + place;
        targets[list * width + place] = positives > 0 ? labels[row * headCount + head] / positives : 0;
        hidden[list * width + place] = present[row] === 1 ? 0 : INVISIBLE;
      }
    }
  const everyHead = Float32Array.from(
    { length: rows * headCount },
    (_, index) => present[Math.floor(index / headCount)],
  );
  return {
    attention,
    features: tf.tensor2d(matrices.features, [rows, config.featureCount]),
    queryOfCandidate: tf.tensor2d(matrices.queryOfCandidate, [rows, queryCount]),
    labels: tf.tensor2d(labels, [rows, headCount]),
    present: tf.tensor2d(everyHead, [rows, headCount]),
    targets: tf.tensor2d(targets, [headCount * queryCount, width]),
    hidden: tf.tensor2d(hidden, [headCount * queryCount, width]),
    listWeights: tf.tensor2d(listWeights, [headCount * queryCount, 1]),
  };
}

/** Log loss of every head over all rows, plus the listwise softmax of each head within each query. */
function heavyRankerLoss(
  config: HeavyRankerConfig,
  leaves: ByName<tf.Tensor>,
  fixed: HeavyRankerFixed,
): tf.Scalar {
  const { candidates, slots, last, profile, bias, position } = leaves;
  const relevance = heavyRankerLogits(config, leaves, {
    candidates,
    slots,
    last,
    profile,
    bias,
    features: fixed.features,
    queryOfCandidate: fixed.queryOfCandidate,
    blocks: fixed.attention,
  });
  const logits = tf.add(relevance, position) as tf.Tensor2D;
  const logLoss = binaryCrossEntropy({ logits, labels: fixed.labels, weights: fixed.present });
  const lists = tf.reshape(tf.transpose(logits), fixed.targets.shape) as tf.Tensor2D;
  const listLoss = softmaxCrossEntropy({
    logits: tf.add(lists, fixed.hidden) as tf.Tensor2D,
    targets: fixed.targets,
    weights: fixed.listWeights,
  });
  return tf.add(tf.mul(logLoss, LOG_LOSS_WEIGHT), listLoss) as tf.Scalar;
}
