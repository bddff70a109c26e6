import * as tf from '@tensorflow/tfjs-core';
import { evaluate } from '@winnow/tensor';
import type { SequenceModel } from './sequence-model';

/** Histories with the one item that came next. */
export interface NextItemCases {
  /** Vocabulary rows, oldest first. */
  readonly histories: readonly Uint32Array[];
  /** Parallel to `histories`. */
  readonly targets: Uint32Array;
}

const K = 10;
const CHUNK = 512;

/** Mean NDCG@10 over the whole vocabulary, items of the history excluded. */
export async function sequenceNdcg(model: SequenceModel, cases: NextItemCases): Promise<number> {
  const ranks = await targetRanks(model, cases);
  let sum = 0;
  for (const rank of ranks) if (rank < K) sum += 1 / Math.log2(rank + 2);
  return sum / ranks.length;
}

/**
 * How many items of the vocabulary, those of the history excluded, score at least as high as the target: from 0.
 * Exact, O(cases · items).
 */
export async function targetRanks(
  model: SequenceModel,
  { histories, targets }: NextItemCases,
): Promise<Uint32Array> {
  const { dimension } = model;
  const { itemCount } = model.parts.config;
  const queries = await model.encode(histories);
  const ranks = new Uint32Array(histories.length);
  const items = tf.tidy(
    () => tf.transpose(tf.tensor2d(model.itemVectors(), [itemCount, dimension])) as tf.Tensor2D,
  );
  for (let from = 0; from < histories.length; from += CHUNK) {
    const count = Math.min(CHUNK, histories.length - from);
    const asked = queries.subarray(from * dimension, (from + count) * dimension);
    const { scores } = await evaluate(() => ({
      scores: tf.matMul(tf.tensor2d(asked, [count, dimension]), items),
    }));
    for (let index = 0; index < count; index += 1)
      ranks[from + index] = rankOf(
        scores.subarray(index * itemCount, (index + 1) * itemCount),
        targets[from + index],
        histories[from + index],
      );
  }
  items.dispose();
  return ranks;
}

function rankOf(scores: Float32Array, target: number, history: Uint32Array): number {
  const wanted = scores[target];
  for (const item of history) if (item !== target) scores[item] = -Infinity;
  let rank = 0;
  for (let item = 0; item < scores.length; item += 1)
    if (scores[item] >= wanted && item !== target) rank += 1;
  return rank;
}
