import type * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import { dense, glorot, linear, recur, zeros } from '@winnow/tensor';
import type { Parameters } from '@winnow/tensor';
import type { EncoderInput, QueryEncoder } from './query-encoder';

type Matrix = tf.Tensor2D;

const GATES = ['reset', 'update', 'candidate'] as const;

/** One recurrent layer over the history, then a matrix into the space of items (GRU4Rec: Hidasi et al., ICLR 2016). */
export class GruEncoder implements QueryEncoder {
  readonly order = 'time-major';
  readonly objective = 'next-item';
  readonly positionCount = 0;

  constructor(private readonly dimension: number) {}

  declare(parameters: Parameters, random: Random): void {
    const { dimension } = this;
    for (const gate of GATES)
      parameters
        .add(`query/${gate}/in`, [dimension, dimension], glorot(dimension, dimension, random))
        .add(`query/${gate}/bias`, [dimension], zeros(dimension))
        .add(`query/${gate}/state`, [dimension, dimension], glorot(dimension, dimension, random));
    parameters.add('query/out', [dimension, dimension], glorot(dimension, dimension, random));
  }

  encode({ tokens, layout, weights, dropout }: EncoderInput): Matrix {
    const history = dropout.apply(tokens);
    const project = (gate: (typeof GATES)[number]): Matrix =>
      dense({ x: history, weight: weights[`query/${gate}/in`], bias: weights[`query/${gate}/bias`] });
    const states = recur({
      reset: project('reset'),
      update: project('update'),
      candidate: project('candidate'),
      resetWeight: weights['query/reset/state'] as Matrix,
      updateWeight: weights['query/update/state'] as Matrix,
      candidateWeight: weights['query/candidate/state'] as Matrix,
      stepSizes: layout.stepSizes,
    });
    return linear(dropout.apply(states), weights['query/out'] as Matrix);
  }
}
