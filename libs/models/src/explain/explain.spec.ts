import * as tf from '@tensorflow/tfjs-core';
import { HEAVY_RANKER_ARCHITECTURES, seededRandom } from '@winnow/domain';
import { normal, startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { trainHeavyRanker } from '../heavy-ranker/train-heavy-ranker';
import { allOrdinals, clusterOf, content, ITEMS, noise, profile, queryWith } from '../planted-world.fixture';
import { RankingExamplesBuilder } from '../ranking-examples';
import { ValueModel } from '../ranking/value-model';
import { explainHeavyScore } from './explain-heavy-score';
import { integratedGradients } from './integrated-gradients';

const random = seededRandom(8);
const values = (count: number): Float32Array => normal(count, 1, random);

beforeAll(() => startBackend({ forced: 'wasm' }));

describe('integrated gradients', () => {
  it('of a linear network are its weights times the way, whatever the number of steps', async () => {
    const weights = { left: values(6), right: values(2) };
    const inputs = {
      left: { columns: 3, from: values(6), to: values(6) },
      right: { columns: 2, from: values(2), to: values(2) },
    };
    const { contributions, gap, stepCount, from, to } = await integratedGradients({
      inputs,
      network: ({ left, right }, points) =>
        tf.add(
          tf.sum(tf.mul(tf.reshape(left, [points, 6]), tf.tensor2d(weights.left, [1, 6])), 1),
          tf.sum(tf.mul(right, tf.tensor2d(weights.right, [1, 2])), 1),
        ),
    });
    for (const name of ['left', 'right'] as const)
      contributions[name].forEach((contribution, index) => {
        const way = inputs[name].to[index] - inputs[name].from[index];
        expect(contribution).toBeCloseTo(weights[name][index] * way, 4);
      });
    expect(Math.abs(gap)).toBeLessThan(1e-4);
    expect(stepCount).toBe(32);
    expect(to).not.toBeCloseTo(from, 2);
  });

  it('of a product share its change evenly, as the path integral does', async () => {
    // x · y from (0, 0) to (2, 3): both have ∫ 6 t dt = 3.
    const { contributions } = await integratedGradients({
      inputs: {
        x: { columns: 1, from: Float32Array.of(0), to: Float32Array.of(2) },
        y: { columns: 1, from: Float32Array.of(0), to: Float32Array.of(3) },
      },
      network: ({ x, y }) => tf.mul(x, y),
    });
    expect(contributions['x'][0]).toBeCloseTo(3, 4);
    expect(contributions['y'][0]).toBeCloseTo(3, 4);
  });

  it('give nothing to an input that the network ignores, and to one that does not move', async () => {
    const { contributions, gap } = await integratedGradients({
      inputs: {
        used: { columns: 1, from: Float32Array.of(-1), to: Float32Array.of(2) },
        ignored: { columns: 1, from: Float32Array.of(0), to: Float32Array.of(9) },
        still: { columns: 1, from: Float32Array.of(4), to: Float32Array.of(4) },
      },
      network: ({ used, still }) => tf.mul(tf.sigmoid(used), still),
    });
    expect([contributions['ignored'][0], contributions['still'][0]]).toEqual([0, 0]);
    expect(Math.abs(gap)).toBeLessThan(0.01 * contributions['used'][0]);
  });
});

const FEATURES = 3;
const HEADS = ['take', 'reject'];
const valueModel = new ValueModel([
  { head: 'take', weight: 1 },
  { head: 'reject', weight: -0.5 },
]);

/** Taken is what is of the history's cluster or has a high first feature; rejected, what has a low second one. */
function plantedExamples() {
  const draw = seededRandom(2);
  const builder = new RankingExamplesBuilder({
    ...{ featureCount: FEATURES, headCount: HEADS.length, historyCountMax: 6, profileSource: profile },
  });
  for (let query = 0; query < 120; query += 1) {
    const history = Array.from({ length: 4 }, () => (query % 4) + 4 * Math.floor(draw() * (ITEMS / 4)));
    const ordinals = Uint32Array.from({ length: 16 }, () => Math.floor(draw() * ITEMS));
    const features = noise(16, FEATURES, 500 + query);
    const labels = Float32Array.from({ length: 32 }, (_, at) => {
      const row = at >> 1;
      const taken = clusterOf(ordinals[row]) === query % 4 || features[row * FEATURES] > 1.5;
      return Number(at % 2 === 0 ? taken : features[row * FEATURES + 1] < -1);
    });
    builder.add({ query: { ...queryWith(...history), nowMs: 1_000_000 }, ordinals, features, labels });
  }
  return builder.build();
}

const train = async (architecture: (typeof HEAVY_RANKER_ARCHITECTURES)[number], epochsMax: number) => {
  const { model } = await trainHeavyRanker({
    ...{ architecture, examples: plantedExamples(), sources: { content, profile, valueModel } },
    ...{ eventTypeCount: 2, historyCountMax: 6, seed: 4, epochsMax, learningRate: 0.01, dimension: 8 },
    ...{ queriesPerStep: 8, candidatesPerQuery: 16 },
  });
  return model;
};

describe('the explanation of a heavy score', () => {
  const query = queryWith(1, 5, 9);
  const features = Float32Array.of(0.4, -1.8, 0.3);
  const request = { query, ordinals: Uint32Array.of(13), features };

  it.each(HEAVY_RANKER_ARCHITECTURES)(
    'adds up to the score of the network that serves: %s',
    async (architecture) => {
      const heavy = await train(architecture, 1);
      const explained = await explainHeavyScore({ heavy, request, catalogue: allOrdinals() });
      const { scores, headValues } = await heavy.rank(request);
      expect(explained.score).toBeCloseTo(scores[0], 5);
      explained.headValues.forEach((value, head) => expect(value).toBeCloseTo(headValues[head], 5));
      const change = explained.score - explained.baselineScore;
      const sum =
        explained.item +
        explained.profile +
        [...explained.features, ...explained.history].reduce((all, value) => all + value, 0);
      expect(sum + explained.gap).toBeCloseTo(change, 6);
      expect(Math.abs(explained.gap)).toBeLessThanOrEqual(0.011 * Math.max(Math.abs(change), 1e-3));
      expect(explained.history).toHaveLength(3);
    },
  );

  it('finds what the labels were made from', async () => {
    const heavy = await train('wide-attentive-cross', 5);
    const explain = (item: number, row: readonly number[]) =>
      explainHeavyScore({
        heavy,
        request: { query, ordinals: Uint32Array.of(item), features: Float32Array.from(row) },
        catalogue: allOrdinals(),
      });
    const wanted = await explain(13, [0, 0, 0]);
    const unwanted = await explain(14, [0, 0, 0]);
    const sum = (history: Float64Array): number => history.reduce((all, value) => all + value, 0);
    expect(sum(wanted.history) + wanted.item).toBeGreaterThan(sum(unwanted.history) + unwanted.item + 0.1);
    const rejected = await explain(14, [0, -2.5, 0]);
    expect(rejected.features[1]).toBeLessThan(-0.05);
    expect(Math.abs(rejected.features[1])).toBeGreaterThan(3 * Math.abs(rejected.features[2]));
  });

  it('weighs the heads as it is told to', async () => {
    const heavy = await train('wide-attentive-cross', 1);
    const taken = new ValueModel([
      { head: 'reject', weight: 0 },
      { head: 'take', weight: 2 },
    ]);
    const explained = await explainHeavyScore({
      heavy,
      request,
      catalogue: allOrdinals(),
      valueModel: taken,
    });
    expect(explained.score).toBeCloseTo(2 * explained.headValues[0], 5);
  });
});
