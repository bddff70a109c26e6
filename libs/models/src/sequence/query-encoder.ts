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
}

/**
 * Turns a history into a query vector, at every position at once: row t of the result is the query of somebody whose
 * history ends with token t, so that one pass over a sequence trains on all of its positions. A position never sees
 * what comes after it, nor any other sequence.
 */
export interface QueryEncoder {
  readonly order: TokenOrder;
  /** Rows of the position table that is added to the tokens; 0 for encoders that know order by themselves, or not at all. */
  readonly positionCount: number;
  /** Declares the encoder's weights, freshly initialised. */
  declare(parameters: Parameters, random: Random): void;
  /** [tokens, dim] → [tokens, dim] */
  encode(input: EncoderInput): tf.Tensor2D;
}
