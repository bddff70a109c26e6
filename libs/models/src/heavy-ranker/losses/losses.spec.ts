import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '@winnow/domain';
import { lossAndGradients, normal, startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { clusterOf, content, ITEMS, noise, profile, queryWith } from '../../planted-world.fixture';
import { RankingExamplesBuilder } from '../../ranking-examples';
import { ValueModel } from '../../ranking/value-model';
import { HeavyRanker } from '../heavy-ranker';
import { requestOf } from '../measure-heavy-ranker';
import { trainHeavyRanker } from '../train-heavy-ranker';
import type { CandidateLists, PointRows } from './loss';
import { listwise, pairwise } from './ranking-losses';
import { huber, squaredError } from './value-losses';

beforeAll(() => startBackend({ forced: 'wasm' }));

/** A loss and its slopes against an exact oracle, and the slopes against the oracle's differences. */
async function expectLoss(
  logits: Float32Array,
  shape: [number, number],
  loss: (logits: tf.Tensor2D) => tf.Scalar,
  oracle: (logits: Float32Array) => number,
): Promise<void> {
  const leaf = tf.tensor2d(logits.slice(), shape);
  const found = await lossAndGradients({ logits: leaf }, (leaves) => loss(leaves['logits'] as tf.Tensor2D));
  leaf.dispose();
  expect(found.loss).toBeCloseTo(oracle(logits), 5);
  logits.forEach((value, at) => {
    const moved = (by: number): Float32Array =>
      logits.map((same, place) => (place === at ? value + by : same));
    expect(found.gradients['logits'][at]).toBeCloseTo((oracle(moved(0.01)) - oracle(moved(-0.01))) / 0.02, 3);
  });
}

describe('the losses of a value', () => {
  const logits = normal(12, 2, seededRandom(1));
  const labels = normal(12, 1, seededRandom(2));
  const weights = Float32Array.from(logits, (_, at) => Number(at % 3 !== 0));
  const rowsOf = (moving: tf.Tensor2D): PointRows => ({
    logits: moving,
    labels: tf.tensor2d(labels, [6, 2]),
    weights: tf.tensor2d(weights, [6, 2]),
  });
  const meanOf = (values: Float32Array, penalty: (error: number) => number): number =>
    values.reduce((sum, value, at) => sum + weights[at] * penalty(value - labels[at]), 0) / 8;

  it('are the mean squared error over what is known', () =>
    expectLoss(
      logits,
      [6, 2],
      (moving) => squaredError(rowsOf(moving)),
      (values) => meanOf(values, (error) => error ** 2),
    ));

  it('are Huber’s, linear beyond one deviation', () =>
    expectLoss(
      logits,
      [6, 2],
      (moving) => huber(rowsOf(moving)),
      (values) => meanOf(values, (error) => (Math.abs(error) < 1 ? error ** 2 / 2 : Math.abs(error) - 0.5)),
    ));
});

describe('the losses of an order', () => {
  const [lists, width] = [3, 5];
  const logits = normal(lists * width, 1, seededRandom(3));
  // The third list has nothing taken; the last candidate of the first is padding.
  const labels = Float32Array.of(1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  const present = labels.map((_, at) => Number(at !== 4));
  const shares = (values: Float32Array): Float32Array =>
    values.map((value, at) => {
      const list = Math.floor(at / width);
      const sum = values.subarray(list * width, (list + 1) * width).reduce((total, one) => total + one, 0);
      return sum > 0 ? value / sum : 0;
    });
  const hidden = present.map((one) => (one === 1 ? 0 : -1e9));
  const listsOf = (moving: tf.Tensor2D): CandidateLists => ({
    logits: tf.add(moving, tf.tensor2d(hidden, [lists, width])),
    taken: tf.tensor2d(shares(labels), [lists, width]),
    leftOut: tf.tensor2d(shares(present.map((one, at) => one * (1 - labels[at]))), [lists, width]),
    weights: tf.tensor2d([1, 1, 0], [lists, 1]),
  });

  it('are the logistic loss of every pair of taken and left out', () =>
    expectLoss(
      logits,
      [lists, width],
      (moving) => pairwise(listsOf(moving)),
      (values) => {
        const means = [0, 1].map((list) => {
          const pairs: number[] = [];
          for (let taken = list * width; taken < (list + 1) * width; taken += 1)
            for (let left = list * width; left < (list + 1) * width; left += 1)
              if (labels[taken] === 1 && labels[left] === 0 && present[left] === 1)
                pairs.push(Math.log(1 + Math.exp(values[left] - values[taken])));
          return pairs.reduce((sum, one) => sum + one, 0) / pairs.length;
        });
        return (means[0] + means[1]) / 2;
      },
    ));

  it('are the cross-entropy of the softmax over a list', () =>
    expectLoss(
      logits,
      [lists, width],
      (moving) => listwise(listsOf(moving)),
      (values) => {
        const means = [0, 1].map((list) => {
          const at = Array.from({ length: width }, (_, place) => list * width + place).filter(
            (one) => present[one],
          );
          const total = Math.log(at.reduce((sum, one) => sum + Math.exp(values[one]), 0));
          const taken = at.filter((one) => labels[one] === 1);
          return taken.reduce((sum, one) => sum + total - values[one], 0) / taken.length;
        });
        return (means[0] + means[1]) / 2;
      },
    ));
});

describe('a heavy ranker with a head that predicts a value', () => {
  const FEATURES = 2;
  const valueModel = new ValueModel([
    { head: 'take', weight: 1 },
    { head: 'stars', weight: 0.1 },
  ]);
  const sources = { content, profile, valueModel };
  const starsOf = (feature: number): number => 3 + Math.max(-2, Math.min(2, 1.5 * feature));

  /** Half of the items are rated: with as many stars as their second feature says. */
  function rated(queryCount: number, seed: number) {
    const builder = new RankingExamplesBuilder({
      ...{ featureCount: FEATURES, headCount: 2, historyCountMax: 4, profileSource: profile },
    });
    for (let query = 0; query < queryCount; query += 1) {
      const ordinals = Uint32Array.from({ length: 12 }, (_, row) => (query * 7 + row * 5) % ITEMS);
      const features = noise(12, FEATURES, 100 * seed + query);
      const labels = Float32Array.from({ length: 24 }, (_, at) => {
        const row = at >> 1;
        if (at % 2 === 0) return Number(clusterOf(ordinals[row]) === query % 4);
        return row % 2 === 0 ? starsOf(features[row * FEATURES + 1]) : NaN;
      });
      const asked = { ...queryWith(query % 4, (query % 4) + 8), nowMs: 1_000_000 + query };
      builder.add({ query: asked, ordinals, features, labels });
    }
    return builder.build();
  }

  it.each(['mse', 'huber'] as const)(
    'learns the value by %s, in its own unit, and is saved with it',
    async (loss) => {
      const { model, report } = await trainHeavyRanker({
        ...{ examples: rated(160, 1), sources, eventTypeCount: 2, historyCountMax: 4, seed: 2, epochsMax: 6 },
        ...{
          learningRate: 0.02,
          dimension: 4,
          queriesPerStep: 8,
          headLosses: ['log-loss', loss],
          rankingLoss: 'pairwise',
        },
      });
      expect(report.metrics['heavyRanker.rmse.stars']).toBeLessThan(0.4);
      expect(report.metrics['heavyRanker.auc.take']).toBeGreaterThan(0.9);
      const request = requestOf(rated(2, 9), 1);
      const { headValues, scores } = await model.rank(request);
      scores.forEach((score, row) =>
        expect(score).toBeCloseTo(headValues[2 * row] + 0.1 * headValues[2 * row + 1], 5),
      );
      const loaded = HeavyRanker.fromTensors(model.toTensors(), sources);
      expect(await loaded.rank(request)).toEqual(await model.rank(request));
    },
  );
});
