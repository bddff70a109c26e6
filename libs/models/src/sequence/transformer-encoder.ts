import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '@winnow/domain';
import {
  attendCausally,
  constant,
  gatedSigmoid,
  gatedSilu,
  glorot,
  layerNorm,
  linear,
  zeros,
} from '@winnow/tensor';
import type { ByName, Dropout, Parameters } from '@winnow/tensor';
import { causalMasks } from './causal-masks';
import type { EncoderInput, QueryEncoder } from './query-encoder';

export interface TransformerOptions {
  readonly dimension: number;
  readonly blockCount: number;
  readonly headCount: number;
  /** Inner width of the feed-forward layers. */
  readonly feedForwardSize: number;
  /** The longest sequence. */
  readonly positionCount: number;
}

type Matrix = tf.Tensor2D;

/** Mixes one head's values over the tokens that each token may see: [tokens, head] × 3 → [tokens, head]. */
export type AttendHead = (options: {
  readonly block: number;
  readonly head: number;
  readonly queries: Matrix;
  readonly keys: Matrix;
  readonly values: Matrix;
}) => Matrix;

/**
 * Causal transformer over the history (SASRec: Kang and McAuley, ICDM 2018) with the blocks of LiGR and eSASRec
 * (RecSys 2025): normalisation before each layer, SwiGLU feed-forward, and a learned gate on what each layer adds.
 */
export class TransformerEncoder implements QueryEncoder {
  readonly order = 'sequence-major';
  readonly objective = 'next-item';
  readonly positionCount: number;

  constructor(readonly options: TransformerOptions) {
    if (options.dimension % options.headCount !== 0)
      throw new RangeError(`${options.headCount} heads do not divide dimension ${options.dimension}`);
    this.positionCount = options.positionCount;
  }

  declare(parameters: Parameters, random: Random): void {
    const { dimension, blockCount, headCount, feedForwardSize } = this.options;
    const matrix = (name: string, rows: number, columns: number): void => {
      parameters.add(name, [rows, columns], glorot(rows, columns, random));
    };
    // What a layer adds starts at nothing: the model is its newest item's vector first, and learns what to change about it.
    const nothing = (name: string, rows: number, columns: number): void => {
      parameters.add(name, [rows, columns], zeros(rows * columns));
    };
    const norm = (name: string): void => {
      parameters.add(`${name}/gain`, [dimension], constant(dimension, 1));
      parameters.add(`${name}/bias`, [dimension], zeros(dimension));
    };
    for (let block = 0; block < blockCount; block += 1) {
      const at = blockName(block);
      norm(`${at}/attentionNorm`);
      for (let head = 0; head < headCount; head += 1) {
        for (const role of ['query', 'key', 'value'])
          matrix(`${at}/head${head}/${role}`, dimension, dimension / headCount);
        nothing(`${at}/head${head}/out`, dimension / headCount, dimension);
      }
      matrix(`${at}/attentionGate`, dimension, dimension);
      norm(`${at}/feedForwardNorm`);
      matrix(`${at}/feedForward/gate`, dimension, feedForwardSize);
      matrix(`${at}/feedForward/in`, dimension, feedForwardSize);
      nothing(`${at}/feedForward/out`, feedForwardSize, dimension);
      matrix(`${at}/feedForwardGate`, dimension, dimension);
    }
    norm('query/norm');
  }

  encode({ tokens, layout, weights, dropout }: EncoderInput): Matrix {
    const masks = causalMasks(layout);
    return this.transform(tokens, weights, dropout, ({ queries, keys, values }) =>
      attendCausally({ queries, keys, values, blocks: layout.blocks, masks }),
    );
  }

  /** All blocks and the last normalisation; `attend` decides what a token sees. [tokens, dim] → [tokens, dim] */
  transform(tokens: Matrix, weights: ByName<tf.Tensor>, dropout: Dropout, attend: AttendHead): Matrix {
    let x = dropout.apply(tokens);
    for (let block = 0; block < this.options.blockCount; block += 1) {
      const at = blockName(block);
      const heard = this.attention(normalised(x, weights, `${at}/attentionNorm`), block, weights, attend);
      x = tf.add<Matrix>(x, gated(x, dropout.apply(heard), weights, `${at}/attentionGate`));
      const thought = feedForward(
        normalised(x, weights, `${at}/feedForwardNorm`),
        weights,
        `${at}/feedForward`,
      );
      x = tf.add<Matrix>(x, gated(x, dropout.apply(thought), weights, `${at}/feedForwardGate`));
    }
    return normalised(x, weights, 'query/norm');
  }

  private attention(x: Matrix, block: number, weights: ByName<tf.Tensor>, attend: AttendHead): Matrix {
    let sum: Matrix | null = null;
    for (let head = 0; head < this.options.headCount; head += 1) {
      const at = `${blockName(block)}/head${head}`;
      const project = (role: string): Matrix => linear(x, weights[`${at}/${role}`] as Matrix);
      const mixed = attend({
        block,
        head,
        queries: project('query'),
        keys: project('key'),
        values: project('value'),
      });
      const out = linear(mixed, weights[`${at}/out`] as Matrix);
      sum = sum ? tf.add<Matrix>(sum, out) : out;
    }
    return sum as Matrix;
  }
}

const blockName = (block: number): string => `query/block${block}`;

const normalised = (x: Matrix, weights: ByName<tf.Tensor>, name: string): Matrix =>
  layerNorm(x, weights[`${name}/gain`] as tf.Tensor1D, weights[`${name}/bias`] as tf.Tensor1D);

const gated = (x: Matrix, change: Matrix, weights: ByName<tf.Tensor>, name: string): Matrix =>
  gatedSigmoid(linear(x, weights[name] as Matrix), change);

function feedForward(x: Matrix, weights: ByName<tf.Tensor>, name: string): Matrix {
  const part = (role: string): Matrix => linear(x, weights[`${name}/${role}`] as Matrix);
  return linear(gatedSilu(part('gate'), part('in')), weights[`${name}/out`] as Matrix);
}
