import * as tf from '@tensorflow/tfjs-core';
import { invariant } from '@winnow/domain';
import { Dropout, evaluate, l2Normalise } from '@winnow/tensor';
import type { SequenceModel } from './sequence-model';
import { TransformerEncoder } from './transformer-encoder';

type Matrix = tf.Tensor2D;

/**
 * A history that grows: keys and values of what has been read are kept, so that one more item costs one token instead of
 * the whole history again (O(length · dim) instead of O(length · dim² + length² · dim)). The answer is that of
 * {@link SequenceModel.encode}, up to rounding.
 */
export class TransformerSession {
  private readonly encoder: TransformerEncoder;
  /** Rows of all tokens read, by block and head. */
  private readonly keys: Float32Array[];
  private readonly values: Float32Array[];
  private readonly headSize: number;
  private read = 0;

  /** @throws RangeError when the model's encoder is no transformer */
  constructor(private readonly model: SequenceModel) {
    const { encoder, config } = model.parts;
    if (!(encoder instanceof TransformerEncoder))
      throw new RangeError(`encoder ${config.encoder.kind} keeps no keys and values`);
    this.encoder = encoder;
    const { blockCount, headCount, dimension, positionCount } = encoder.options;
    this.headSize = dimension / headCount;
    const memory = (): Float32Array[] =>
      Array.from({ length: blockCount * headCount }, () => new Float32Array(positionCount * this.headSize));
    this.keys = memory();
    this.values = memory();
  }

  /** Items read so far. */
  get length(): number {
    return this.read;
  }

  /** Whether another item fits; a full session is begun anew with the newest items. */
  get isFull(): boolean {
    return this.read === this.encoder.positionCount;
  }

  /** Reads one more item (a vocabulary row) and answers the query vector, [dim]. */
  async append(item: number): Promise<Float32Array> {
    invariant(!this.isFull, 'a session is not longer than the encoder reads');
    const { parts, dimension } = this.model;
    const token = new Float32Array(dimension);
    parts.inputs.addRow(item, 1, token, 0);
    parts.positions.addRow(this.read, 1, token, 0);
    const fresh: Record<string, tf.Tensor> = {};
    const outputs = await evaluate(() => {
      const query = this.encoder.transform(
        tf.tensor2d(token, [1, dimension]),
        parts.weights.tensors(),
        Dropout.none,
        ({ block, head, queries, keys, values }) => {
          const at = block * this.encoder.options.headCount + head;
          fresh[`keys${at}`] = keys;
          fresh[`values${at}`] = values;
          return this.attend(at, queries, keys, values);
        },
      );
      return { query: parts.config.temperature === null ? query : l2Normalise(query), ...fresh };
    });
    this.keys.forEach((rows, at) => rows.set(outputs[`keys${at}` as 'query'], this.read * this.headSize));
    this.values.forEach((rows, at) => rows.set(outputs[`values${at}` as 'query'], this.read * this.headSize));
    this.read += 1;
    return outputs.query;
  }

  private attend(at: number, queries: Matrix, key: Matrix, value: Matrix): Matrix {
    const remembered = (memory: Float32Array, newest: Matrix): Matrix =>
      this.read === 0
        ? newest
        : tf.concat(
            [tf.tensor2d(memory.slice(0, this.read * this.headSize), [this.read, this.headSize]), newest],
            0,
          );
    const keys = remembered(this.keys[at], key);
    const values = remembered(this.values[at], value);
    const scores = tf.mul(tf.matMul(queries, tf.transpose(keys)), 1 / Math.sqrt(this.headSize));
    return tf.matMul(tf.softmax(scores) as Matrix, values);
  }
}
