import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '@winnow/domain';
import { beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from './backend';
import { expectGradientsToMatch } from './gradient-check.fixture';
import { lossAndGradients } from './gradients';
import { normal } from './initialisers';
import { sampledSoftmaxLoss } from './sampled-softmax';

type Matrix = tf.Tensor2D;

const DIM = 3;
const random = seededRandom(11);
const table = normal(6 * DIM, 1, random);
const queries = normal(4 * DIM, 1, random);
const targets = [0, 2, 2, 5];

const rows = (items: number[]): Matrix =>
  tf.tensor2d(
    items.flatMap((item) => [...table.subarray(item * DIM, (item + 1) * DIM)]),
    [items.length, DIM],
  );

/** Mean cross-entropy of the target among itself and the other negatives, plainly. */
function oracle(values: Float32Array, negatives: number[]): number {
  const dot = (query: number, item: number): number => {
    let sum = 0;
    for (let column = 0; column < DIM; column += 1)
      sum += queries[query * DIM + column] * values[item * DIM + column];
    return sum;
  };
  const losses = targets.map((target, query) => {
    const others = negatives.filter((item) => item !== target);
    const total = [target, ...others].reduce((sum, item) => sum + Math.exp(dot(query, item)), 0);
    return Math.log(total) - dot(query, target);
  });
  return losses.reduce((sum, value) => sum + value, 0) / losses.length;
}

const run = (negatives: number[], chunkSize?: number) =>
  lossAndGradients(
    {
      queries: tf.tensor2d(queries, [4, DIM]),
      positives: rows(targets),
      negatives: rows(negatives),
    },
    (leaves) =>
      sampledSoftmaxLoss({
        queries: leaves['queries'] as Matrix,
        positives: leaves['positives'] as Matrix,
        negatives: leaves['negatives'] as Matrix,
        hits: tf.tensor2d(
          targets.map((target) => (negatives.includes(target) ? 1 : 0)),
          [4, 1],
        ),
        chunkSize,
      }),
  );

beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
});

describe('sampled softmax', () => {
  it('leaves the accidental hits out of the loss', async () => {
    for (const negatives of [
      [1, 3, 4],
      [0, 1, 5],
      [0, 1, 2, 3, 4, 5],
    ])
      expect((await run(negatives)).loss).toBeCloseTo(oracle(table, negatives), 5);
  });

  it.each([
    ['without hits', [1, 3, 4]],
    ['with some hits', [0, 1, 5]],
    ['over the whole vocabulary', [0, 1, 2, 3, 4, 5]],
  ])('gives every row of the table its slope %s', async (_, negatives) => {
    const { gradients } = await run(negatives);
    const slopes = new Float32Array(table.length);
    const add = (items: number[], values: Float32Array): void =>
      items.forEach((item, index) => {
        for (let column = 0; column < DIM; column += 1)
          slopes[item * DIM + column] += values[index * DIM + column];
      });
    add(targets, gradients['positives']);
    // A hit's own slope went to the positive; what its column gives the other queries is its own.
    add(negatives, gradients['negatives']);
    const step = 1e-3;
    for (let index = 0; index < table.length; index += 1) {
      const moved = (by: number): Float32Array =>
        table.map((value, at) => (at === index ? value + by : value));
      const wanted = (oracle(moved(step), negatives) - oracle(moved(-step), negatives)) / (2 * step);
      expect(slopes[index], `table[${index}]`).toBeCloseTo(wanted, 3);
    }
  });

  it('has the slopes of finite differences for the queries', () =>
    expectGradientsToMatch({ queries: [4, 3], positives: [4, 3], negatives: [5, 3] }, (leaves) =>
      sampledSoftmaxLoss({
        queries: leaves['queries'] as Matrix,
        positives: leaves['positives'] as Matrix,
        negatives: leaves['negatives'] as Matrix,
        hits: tf.zeros([4, 1]),
      }),
    ));

  it('stays finite when a positive is far ahead or far behind', async () => {
    for (const own of [300, -300]) {
      const { loss, gradients } = await lossAndGradients(
        {
          queries: tf.tensor2d([own, 1], [1, 2]),
          positives: tf.tensor2d([1, 0], [1, 2]),
          negatives: tf.tensor2d([0, 1, 0, 2], [2, 2]),
        },
        (leaves) =>
          sampledSoftmaxLoss({
            queries: leaves['queries'] as Matrix,
            positives: leaves['positives'] as Matrix,
            negatives: leaves['negatives'] as Matrix,
            hits: tf.zeros([1, 1]),
          }),
      );
      expect(loss).toBeGreaterThanOrEqual(0);
      expect([...gradients['queries']].every(Number.isFinite)).toBe(true);
      expect(gradients['positives'][0]).toBeCloseTo(own > 0 ? 0 : 300, 3);
    }
  });

  it('is the same in one chunk and in several', async () => {
    const [whole, cut] = await Promise.all([run([0, 1, 3]), run([0, 1, 3], 8)]);
    expect(cut.loss).toBeCloseTo(whole.loss, 5);
    for (const [name, slopes] of Object.entries(whole.gradients))
      slopes.forEach((slope, index) => expect(cut.gradients[name][index]).toBeCloseTo(slope, 5));
  });
});
