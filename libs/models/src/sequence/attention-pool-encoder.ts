import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import { attendCausally, constant, dense, glorot, linear, scaleColumns, zeros } from '@winnow/tensor';
import type { Parameters } from '@winnow/tensor';
import { causalMasks } from './causal-masks';
import type { EncoderInput, QueryEncoder } from './query-encoder';

type Matrix = tf.Tensor2D;

/**
 * History by attention, asked by its newest item; then a hidden layer beside a gated path, as in the query tower of
 * `TwoTower`: it starts as a weighted mean of what the user did and learns what to change about it.
 */
export class AttentionPoolEncoder implements QueryEncoder {
  readonly order = 'sequence-major';
  readonly objective = 'next-item';

  constructor(
    private readonly dimension: number,
    /** The longest sequence. */
    readonly positionCount: number,
  ) {}

  declare(parameters: Parameters, random: Random): void {
    const { dimension } = this;
    const matrix = (name: string, rows: number, columns: number): void => {
      parameters.add(`query/${name}`, [rows, columns], glorot(rows, columns, random));
    };
    matrix('ask', dimension, dimension);
    matrix('key', dimension, dimension);
    matrix('hidden', 2 * dimension, 2 * dimension);
    parameters.add('query/hiddenBias', [2 * dimension], zeros(2 * dimension));
    matrix('out', 2 * dimension, dimension);
    parameters
      .add('query/outBias', [dimension], zeros(dimension))
      .add('query/pooledGate', [dimension], constant(dimension, 1))
      .add('query/lastGate', [dimension], constant(dimension, 0.3));
  }

  encode({ tokens, layout, weights, dropout }: EncoderInput): Matrix {
    const history = dropout.apply(tokens);
    const pooled = attendCausally({
      queries: linear(history, weights['query/ask'] as Matrix),
      keys: linear(history, weights['query/key'] as Matrix),
      values: history,
      blocks: layout.blocks,
      masks: causalMasks(layout),
    });
    const hidden = dense({
      x: tf.concat([pooled, history], 1),
      weight: weights['query/hidden'],
      bias: weights['query/hiddenBias'],
      activation: 'relu',
    });
    const change = dense({
      x: dropout.apply(hidden),
      weight: weights['query/out'],
      bias: weights['query/outBias'],
    });
    return tf.add(
      tf.add(
        scaleColumns(pooled, weights['query/pooledGate'] as tf.Tensor1D),
        scaleColumns(history, weights['query/lastGate'] as tf.Tensor1D),
      ),
      change,
    );
  }
}
