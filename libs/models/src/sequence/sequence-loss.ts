import * as tf from '@tensorflow/tfjs-core';
import { l2Normalise, lossAndGradients, sampledSoftmaxLoss } from '@winnow/tensor';
import type { Dropout, LossAndGradients } from '@winnow/tensor';
import { tokenVectors } from './sequence-model';
import type { SequenceModelParts } from './sequence-model';
import type { TokenLayout } from './token-layout';

/** A batch of sequences with what every position is to find. */
export interface SequenceBatch {
  readonly layout: TokenLayout;
  /** What the encoder reads: vocabulary rows. */
  readonly sequences: readonly Uint32Array[];
  /** The item that each token's row should rank first, [tokens]. */
  readonly targets: Uint32Array;
  /** Items that all positions are compared with, distinct. */
  readonly negatives: Uint32Array;
}

/** Names of the leaves that stand for gathered table rows; all others are the encoder's weights. */
export const TABLE_LEAVES = ['tokens', 'positives', 'negatives'] as const;

/** Loss of a batch and its slopes for the gathered rows ({@link TABLE_LEAVES}) and the encoder's weights. */
export async function sequenceLossAndGradients(
  parts: SequenceModelParts,
  batch: SequenceBatch,
  dropout: Dropout,
): Promise<LossAndGradients> {
  const { dimension, itemCount, temperature } = parts.config;
  const { layout, targets, negatives } = batch;
  const rowsOf = (items: Uint32Array): tf.Tensor2D => {
    const values = new Float32Array(items.length * dimension);
    items.forEach((item, index) => parts.outputs.addRow(item, 1, values, index * dimension));
    return tf.tensor2d(values, [items.length, dimension]);
  };
  const leaves = {
    tokens: tf.tensor2d(tokenVectors(parts, batch.sequences, layout), [layout.tokenCount, dimension]),
    positives: rowsOf(targets),
    negatives: rowsOf(negatives),
  };
  const hits = tf.tensor2d(hitColumn(targets, negatives, itemCount), [targets.length, 1]);
  const result = await lossAndGradients({ ...leaves, ...parts.weights.tensors() }, (inputs) => {
    const encoded = parts.encoder.encode({
      tokens: inputs['tokens'] as tf.Tensor2D,
      layout,
      weights: inputs,
      dropout,
      isTraining: true,
    });
    const cosine = (x: tf.Tensor): tf.Tensor2D =>
      temperature === null ? (x as tf.Tensor2D) : l2Normalise(x as tf.Tensor2D);
    return sampledSoftmaxLoss({
      queries: temperature === null ? encoded : (tf.mul(cosine(encoded), 1 / temperature) as tf.Tensor2D),
      positives: cosine(inputs['positives']),
      negatives: cosine(inputs['negatives']),
      hits,
    });
  });
  tf.dispose([leaves, hits]);
  return result;
}

function hitColumn(targets: Uint32Array, negatives: Uint32Array, itemCount: number): Float32Array {
  const drawn = new Uint8Array(itemCount);
  for (const item of negatives) drawn[item] = 1;
  return Float32Array.from(targets, (item) => drawn[item]);
}
