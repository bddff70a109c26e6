import * as tf from '@tensorflow/tfjs-core';
import { candidateSoftmaxLoss, lossAndGradients, multiplyConstant } from '@winnow/tensor';
import type { ByName, LossAndGradients, Parameters } from '@winnow/tensor';
import type { BatchMatrices } from './training-batch';
import { itemTower, queryTower } from './two-tower-network';
import type { TwoTowerConfig } from './two-tower-network';

/** Loss of one batch, and its slopes with respect to the weights and to the leaves of {@link TrainingBatch.takeApart}. */
export async function twoTowerLossAndGradients(
  weights: Parameters,
  matrices: BatchMatrices,
  config: TwoTowerConfig,
): Promise<LossAndGradients> {
  const leaves = leavesOf(matrices, config);
  const fixed = fixedTensors(matrices);
  const result = await lossAndGradients({ ...weights.tensors(), ...leaves }, (named) =>
    twoTowerLoss(named, fixed, config.temperature),
  );
  tf.dispose([leaves, fixed.queryOfPair, fixed.weights]);
  return result;
}

const leavesOf = (matrices: BatchMatrices, config: TwoTowerConfig): Record<string, tf.Tensor> => ({
  slots: tf.tensor2d(matrices.slots, [matrices.slotCount, config.dimension]),
  last: tf.tensor2d(matrices.last, [matrices.queryCount, config.dimension]),
  profile: tf.tensor2d(matrices.profile, [matrices.queryCount, config.profileSize]),
  bias: tf.tensor1d(matrices.bias),
  items: tf.tensor2d(matrices.items, [matrices.columnCount, config.dimension]),
});

/** What a batch brings besides its leaves. */
interface FixedTensors {
  readonly blocks: BatchMatrices['blocks'];
  readonly queryOfPair: tf.Tensor2D;
  readonly adjustment: Float32Array;
  readonly targets: Uint32Array;
  readonly weights: tf.Tensor2D;
}

const fixedTensors = (matrices: BatchMatrices): FixedTensors => ({
  blocks: matrices.blocks,
  queryOfPair: tf.tensor2d(matrices.queryOfPair, [matrices.pairCount, matrices.queryCount]),
  adjustment: matrices.adjustment,
  targets: matrices.targets,
  weights: tf.tensor2d(matrices.weights, [matrices.pairCount, 1]),
});

/** Sampled softmax over the batch's columns: `cross-entropy(query · itemᵀ / τ − log q)`. */
function twoTowerLoss(leaves: ByName<tf.Tensor>, fixed: FixedTensors, temperature: number): tf.Scalar {
  const { slots, last, profile, bias } = leaves;
  const queries = queryTower(leaves, { slots, last, profile, bias, blocks: fixed.blocks });
  const items = itemTower(leaves, leaves['items']);
  const chosen = multiplyConstant(fixed.queryOfPair, queries);
  return candidateSoftmaxLoss({
    queries: chosen,
    items,
    temperature,
    adjustment: fixed.adjustment,
    targets: fixed.targets,
    weights: fixed.weights,
  });
}
