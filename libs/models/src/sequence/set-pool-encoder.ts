import type * as tf from '@tensorflow/tfjs-core';
import { averageCausally, averageOthers } from '@winnow/tensor';
import type { EncoderInput, QueryEncoder } from './query-encoder';

/**
 * The history as a set: the mean of its items' vectors, learnt by leaving out one item at a time and looking for it (FISM:
 * Kabbur, Ning and Karypis, KDD 2013). For data whose order is unknown or means nothing. It has no weights but the item
 * tables; with two of them, the length of a past item's vector says how much that item tells.
 */
export class SetPoolEncoder implements QueryEncoder {
  readonly order = 'sequence-major';
  readonly objective = 'held-out-item';
  readonly positionCount = 0;

  declare(): void {
    // Nothing to learn here.
  }

  encode({ tokens, layout, dropout, isTraining }: EncoderInput): tf.Tensor2D {
    const average = isTraining ? averageOthers : averageCausally;
    return average(dropout.apply(tokens), layout.blocks);
  }
}
