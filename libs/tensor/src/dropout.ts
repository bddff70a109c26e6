import * as tf from '@tensorflow/tfjs-core';
import { invariant } from '@winnow/domain';
import type { Random } from '@winnow/domain';

const POOL_SIZE = 1 << 20;

/**
 * Inverted dropout (Srivastava et al., 2014) from a seeded pool. Drawing a number for every activation costs more than
 * the layer itself, so a pool of masks is drawn once and every use takes a stretch of it from a random place.
 */
export class Dropout {
  private pool: tf.Tensor1D | null = null;

  /** @param rate share of the activations that are set to zero, in [0, 1); 0 makes {@link apply} the identity */
  constructor(
    readonly rate: number,
    private readonly random: Random,
  ) {
    invariant(rate >= 0 && rate < 1, 'a dropout rate is in [0, 1)');
  }

  /** What serving uses: everything passes. */
  static readonly none = new Dropout(0, () => 0);

  /** Zeroes a share of the entries and scales up the others, so that the expectation stays. */
  apply<T extends tf.Tensor>(x: T): T {
    if (this.rate === 0) return x;
    const mask = this.mask(x.shape, x.size);
    const masked = tf.customGrad((input, save) => {
      (save as unknown as (tensors: tf.Tensor[]) => void)([mask]);
      return {
        value: tf.mul(input as tf.Tensor, mask),
        gradFunc: (slope: tf.Tensor, saved: tf.Tensor[]) => tf.mul(slope, saved[0]),
      };
    });
    return masked(x) as T;
  }

  /** Frees the pool; the next use draws another. */
  dispose(): void {
    this.pool?.dispose();
    this.pool = null;
  }

  private mask(shape: number[], size: number): tf.Tensor {
    if (!this.pool || this.pool.size < 2 * size) {
      this.dispose();
      this.pool = tf.keep(tf.tensor1d(this.draw(Math.max(POOL_SIZE, 2 * size))));
    }
    const from = Math.floor(this.random() * (this.pool.size - size + 1));
    return tf.reshape(tf.slice(this.pool, [from], [size]), shape);
  }

  private draw(size: number): Float32Array {
    const scale = 1 / (1 - this.rate);
    const values = new Float32Array(size);
    for (let index = 0; index < size; index += 1) values[index] = this.random() < this.rate ? 0 : scale;
    return values;
  }
}
