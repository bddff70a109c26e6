import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '@winnow/domain';
import { expect } from 'vitest';
import { lossAndGradients } from './gradients';
import { normal } from './initialisers';

export type Leaves = Record<string, tf.Tensor>;

/** Every gradient of a scalar network against central differences of the same network. */
export async function expectGradientsToMatch(
  shapes: Record<string, number[]>,
  network: (leaves: Leaves) => tf.Scalar,
): Promise<void> {
  const random = seededRandom(7);
  const values: Record<string, Float32Array> = {};
  for (const [name, shape] of Object.entries(shapes))
    values[name] = normal(tf.util.sizeFromShape(shape), 0.7, random);
  const leaves = (): Leaves =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(values[name].slice(), shape)]),
    );
  const { gradients } = await lossAndGradients(leaves(), network as never);
  const step = 1e-2;
  for (const name of Object.keys(shapes))
    for (let index = 0; index < values[name].length; index += 1) {
      const original = values[name][index];
      const at = (value: number): number => {
        values[name][index] = value;
        return tf.tidy(() => network(leaves()).dataSync()[0]);
      };
      const slope = (at(original + step) - at(original - step)) / (2 * step);
      values[name][index] = original;
      expect(gradients[name][index], `${name}[${index}]`).toBeCloseTo(slope, 2);
    }
}

/** A scalar whose slope differs for every entry, so that a transposed gradient cannot pass. */
export function weigh(x: tf.Tensor): tf.Scalar {
  const weights = Float32Array.from({ length: x.size }, (_, index) => Math.sin(index + 1));
  return tf.sum(tf.mul(x, tf.tensor(weights, x.shape)));
}
