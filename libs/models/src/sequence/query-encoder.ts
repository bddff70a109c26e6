import type * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import type { ByName, Dropout, Parameters } from '@winnow/tensor';
import type { TokenLayout, TokenOrder } from './token-layout';

/** What an encoder sees of a batch of sequences. */
export interface EncoderInput {
  /** Item vectors (plus position vectors where the encoder wants them), [tokens, dim]. */
  readonly tokens: tf.Tensor2D;
  readonly layout: TokenLayout;
  readonly weights: ByName<tf.Tensor>;
  readonly dropout: Dropout;
  /** While training: rows are compared with the objective's targets. */
  readonly isTraining: boolean;
}

/**
 * What a row learns to rank first: the item that came next, or the token itself, of which then only the others may be
 * seen (for data without an order).
 */
export type SequenceObjective = 'next-item' | 'held-out-item';

/**
 * Turns a history into a query vector, at every position at once: row t of the result is the query of somebody whose
 * history ends with token t, so that one pass over a sequence trains on all of its positions. A row never sees what it
 * is to predict, nor any other sequence.
 */
export interface QueryEncoder {
  readonly order: TokenOrder;
  readonly objective: SequenceObjective;
  /** Rows of the position table that is added to the tokens; 0 for encoders that know order by themselves, or not at all. */
  readonly positionCount: number;
  /** Declares the encoder's weights, freshly initialised. */
  declare(parameters: Parameters, random: Random): void;
  /** [tokens, dim] → [tokens, dim] */
  encode(input: EncoderInput): tf.Tensor2D;
}
