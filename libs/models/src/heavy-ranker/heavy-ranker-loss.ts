import * as tf from '@tensorflow/tfjs-core';
import { HEAD_LOSSES } from '@winnow/domain';
import { lossAndGradients } from '@winnow/tensor';
import type { ByName, LossAndGradients, Parameters } from '@winnow/tensor';
import { heavyRankerLogits } from './heavy-ranker-network';
import type { HeavyRankerConfig } from './heavy-ranker-network';
import { batchTargets } from './losses/batch-targets';
import type { BatchTargets } from './losses/batch-targets';
import { POINT_LOSSES, RANKING_LOSSES } from './losses/losses-by-name';
import type { RankingBatchMatrices } from './ranking-batch';

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
  const { features, queryOfCandidate, targets } = fixed;
  tf.dispose([leaves, features, queryOfCandidate, targets] as unknown as tf.TensorContainer);
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
  readonly targets: BatchTargets;
}

function fixedTensors(matrices: RankingBatchMatrices, config: HeavyRankerConfig): HeavyRankerFixed {
  const rows = matrices.queryCount * matrices.width;
  return {
    attention: matrices.attention,
    features: tf.tensor2d(matrices.features, [rows, config.featureCount]),
    queryOfCandidate: tf.tensor2d(matrices.queryOfCandidate, [rows, matrices.queryCount]),
    targets: batchTargets(matrices, config),
  };
}

/** Each head's own loss over all rows, averaged, plus the ranking loss of each head within each query. */
function heavyRankerLoss(
  config: HeavyRankerConfig,
  leaves: ByName<tf.Tensor>,
  { attention, features, queryOfCandidate, targets }: HeavyRankerFixed,
): tf.Scalar {
  const { candidates, slots, last, profile, bias, position } = leaves;
  const relevance = heavyRankerLogits(config, leaves, {
    ...{ candidates, slots, last, profile, bias },
    ...{ features, queryOfCandidate, blocks: attention },
  });
  const logits = tf.add(relevance, position) as tf.Tensor2D;
  const { labels, lists } = targets;
  const losses: tf.Tensor[] = HEAD_LOSSES.flatMap((name) => {
    const weights = targets.weights[name];
    return weights ? [POINT_LOSSES[name]({ logits, labels, weights })] : [];
  });
  const rankingLoss = RANKING_LOSSES[config.rankingLoss];
  if (rankingLoss) {
    const perList = tf.reshape(tf.transpose(logits), lists.taken.shape);
    losses.push(rankingLoss({ ...lists, logits: tf.add(perList, lists.hidden) as tf.Tensor2D }));
  }
  return losses.reduce((sum, loss) => tf.add(sum, loss)) as tf.Scalar;
}
