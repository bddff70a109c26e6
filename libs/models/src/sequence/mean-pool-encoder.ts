import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import { averageCausally, constant, glorot, linear, scaleColumns } from '@winnow/tensor';
import type { Parameters } from '@winnow/tensor';
import type { EncoderInput, QueryEncoder } from './query-encoder';

type Matrix = tf.Tensor2D;

/**
 * The mean of the history beside its newest item, each turned by a matrix (Covington et al., RecSys 2016, plus the step
 * that a Markov chain makes). Knows no order but that.
 */
export class MeanPoolEncoder implements QueryEncoder {
  readonly order = 'sequence-major';
  readonly objective = 'next-item';
  readonly positionCount = 0;

  constructor(private readonly dimension: number) {}

  declare(parameters: Parameters, random: Random): void {
    const { dimension } = this;
    parameters
      .add('query/meanGate', [dimension], constant(dimension, 1))
      .add('query/mean', [dimension, dimension], glorot(dimension, dimension, random))
      .add('query/last', [dimension, dimension], glorot(dimension, dimension, random));
  }

  encode({ tokens, layout, weights, dropout }: EncoderInput): Matrix {
    const history = dropout.apply(tokens);
    const mean = averageCausally(history, layout.blocks);
    const turned = tf.add(
      linear(mean, weights['query/mean'] as Matrix),
      linear(history, weights['query/last'] as Matrix),
    );
    return tf.add(scaleColumns(mean, weights['query/meanGate'] as tf.Tensor1D), turned);
  }
}
