import * as tf from '@tensorflow/tfjs-core';
import { invariant, seededRandom } from '@winnow/domain';
import type { TensorFile } from '@winnow/domain';
import { Dropout, EmbeddingTable, evaluate, l2Normalise, Parameters } from '@winnow/tensor';
import { createEncoder } from './create-encoder';
import type { QueryEncoder } from './query-encoder';
import type { SequenceModelConfig } from './sequence-config';
import { layoutTokens } from './token-layout';
import type { TokenLayout } from './token-layout';

/** Of an item's vector before training. */
const INITIAL_LENGTH = 0.3;

/** Tokens that go through the encoder at once when many histories are encoded. */
const ENCODE_TOKENS_MAX = 8192;

/** The learnt parts of a sequence model, for the trainer to change in place. */
export interface SequenceModelParts {
  readonly config: SequenceModelConfig;
  readonly encoder: QueryEncoder;
  /** Past items, [items, dim]. */
  readonly inputs: EmbeddingTable;
  /** Items to recommend, [items, dim]; the same table as `inputs` when tied. */
  readonly outputs: EmbeddingTable;
  /** [positions, dim]; no rows when the encoder wants none. */
  readonly positions: EmbeddingTable;
  readonly weights: Parameters;
}

/**
 * A two-tower retrieval model that learns from whole sequences: the query tower is one of several encoders over the
 * history, the item tower a table over a fixed vocabulary, whose rows `0 … itemCount − 1` stand for items everywhere here.
 */
export class SequenceModel {
  private constructor(readonly parts: SequenceModelParts) {}

  /** An untrained model. */
  static create(config: SequenceModelConfig, seed: number): SequenceModel {
    const random = seededRandom(seed);
    const { dimension, itemCount } = config;
    const table = (rowCount: number): EmbeddingTable =>
      EmbeddingTable.random({
        rowCount,
        dim: dimension,
        standardDeviation: INITIAL_LENGTH / Math.sqrt(dimension),
        random,
      });
    const encoder = createEncoder(config);
    const weights = new Parameters();
    encoder.declare(weights, random);
    const inputs = table(itemCount);
    const outputs = config.tiedItems ? inputs : table(itemCount);
    return new SequenceModel({
      config,
      encoder,
      inputs,
      outputs,
      positions: table(encoder.positionCount),
      weights,
    });
  }

  /**
   * Starts from vectors [items, dim] that are known to be near where they belong; rows of zeros are passed over. Items to
   * recommend take their directions; past items of their own table keep how long they are beside each other.
   */
  startFrom(vectors: Float32Array): void {
    const { inputs, outputs } = this.parts;
    const { dimension } = this;
    const lengths = Float64Array.from({ length: inputs.rowCount }, (_, row) =>
      Math.hypot(...vectors.subarray(row * dimension, (row + 1) * dimension)),
    );
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    lengths.forEach((length, row) => {
      if (length < 1e-6 * mean) return;
      const own = vectors.subarray(row * dimension, (row + 1) * dimension);
      if (inputs !== outputs) inputs.row(row).set(own.map((value) => (value * INITIAL_LENGTH) / mean));
      outputs.row(row).set(own.map((value) => (value * INITIAL_LENGTH) / length));
    });
  }

  /** Length of query and item vectors. */
  get dimension(): number {
    return this.parts.config.dimension;
  }

  /**
   * Query vectors, row-major [histories, dim]: their inner products with {@link itemVectors} rank. Histories are
   * vocabulary rows, oldest first; an empty one has the zero vector, to which all items are alike.
   */
  async encode(histories: readonly ArrayLike<number>[]): Promise<Float32Array> {
    const { dimension } = this;
    const vectors = new Float32Array(histories.length * dimension);
    const order = histories.map((_, index) => index).filter((index) => histories[index].length > 0);
    // Alike in length, so that blocks fill well.
    order.sort((left, right) => histories[left].length - histories[right].length);
    for (let from = 0; from < order.length;) {
      let to = from;
      let tokens = 0;
      do tokens += this.readLength(histories[order[to++]]);
      while (to < order.length && tokens + this.readLength(histories[order[to]]) <= ENCODE_TOKENS_MAX);
      const members = order.slice(from, to);
      const encoded = await this.encodeBatch(members.map((index) => this.newest(histories[index])));
      members.forEach((index, at) =>
        vectors.set(encoded.subarray(at * dimension, (at + 1) * dimension), index * dimension),
      );
      from = to;
    }
    return vectors;
  }

  /** Item vectors, row-major [items, dim]; of length 1 when scores are cosines. */
  itemVectors(): Float32Array {
    const vectors = this.parts.outputs.values.slice();
    if (this.parts.config.temperature !== null)
      for (let from = 0; from < vectors.length; from += this.dimension)
        normaliseRow(vectors.subarray(from, from + this.dimension));
    return vectors;
  }

  /** Frees device memory. The model must not be used afterwards. */
  dispose(): void {
    this.parts.weights.invalidate();
  }

  toTensors(): TensorFile {
    const { config, inputs, outputs, positions, weights } = this.parts;
    return {
      tensors: {
        'items/inputs': inputs.toTensor(),
        ...(config.tiedItems ? {} : { 'items/outputs': outputs.toTensor() }),
        'query/positions': positions.toTensor(),
        ...weights.toTensors(),
      },
      metadata: { model: 'sequence', config: JSON.stringify(config) },
    };
  }

  /** Throws a RangeError when the file is of another model or damaged. */
  static fromTensors({ tensors, metadata }: TensorFile): SequenceModel {
    if (metadata['model'] !== 'sequence') throw new RangeError('the file holds no sequence model');
    const config = JSON.parse(metadata['config']) as SequenceModelConfig;
    const encoder = createEncoder(config);
    const weights = new Parameters();
    encoder.declare(weights, seededRandom(0));
    weights.load(tensors);
    const table = (name: string, rowCount: number): EmbeddingTable =>
      EmbeddingTable.fromTensor(name, tensors[name], config.dimension, rowCount);
    const inputs = table('items/inputs', config.itemCount);
    return new SequenceModel({
      config,
      encoder,
      inputs,
      outputs: config.tiedItems ? inputs : table('items/outputs', config.itemCount),
      positions: table('query/positions', encoder.positionCount),
      weights,
    });
  }

  private readLength(history: ArrayLike<number>): number {
    return Math.min(history.length, this.parts.config.historyCountMax);
  }

  private newest(history: ArrayLike<number>): Uint32Array {
    return Uint32Array.from(history).slice(-this.parts.config.historyCountMax);
  }

  private async encodeBatch(histories: readonly Uint32Array[]): Promise<Float32Array> {
    const { parts, dimension } = this;
    const layout = layoutTokens(
      histories.map(({ length }) => length),
      parts.encoder.order,
    );
    const inputs = tokenVectors(parts, histories, layout);
    const { queries } = await evaluate(() => {
      const encoded = parts.encoder.encode({
        tokens: tf.tensor2d(inputs, [layout.tokenCount, dimension]),
        layout,
        weights: parts.weights.tensors(),
        dropout: Dropout.none,
        isTraining: false,
      });
      return { queries: parts.config.temperature === null ? encoded : l2Normalise(encoded) };
    });
    const lasts = new Float32Array(histories.length * dimension);
    layout.lastTokens.forEach((token, index) =>
      lasts.set(queries.subarray(token * dimension, (token + 1) * dimension), index * dimension),
    );
    return lasts;
  }
}

/** Input vectors of all tokens, [tokens, dim]: item rows, plus position rows where the encoder has them. */
export function tokenVectors(
  { inputs, positions, config }: SequenceModelParts,
  sequences: readonly Uint32Array[],
  layout: TokenLayout,
): Float32Array {
  const { dimension } = config;
  const vectors = new Float32Array(layout.tokenCount * dimension);
  for (let token = 0; token < layout.tokenCount; token += 1) {
    const position = layout.positions[token];
    inputs.addRow(sequences[layout.sequences[token]][position], 1, vectors, token * dimension);
    if (positions.rowCount > 0) {
      invariant(position < positions.rowCount, 'a sequence is not longer than the encoder reads');
      positions.addRow(position, 1, vectors, token * dimension);
    }
  }
  return vectors;
}

function normaliseRow(row: Float32Array): void {
  let square = 0;
  for (const value of row) square += value * value;
  const scale = 1 / Math.sqrt(square + 1e-12);
  for (let column = 0; column < row.length; column += 1) row[column] *= scale;
}
