import { seededRandom } from '@winnow/domain';
import { calibrationError } from '@winnow/evaluation';
import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { content, noise, profile, queryWith } from '../planted-world.fixture';
import { RankingExamplesBuilder } from '../ranking-examples';
import type { RankingExamples } from '../ranking-examples';
import { ValueModel } from '../ranking/value-model';
import { fitCalibration } from './calibration';
import { HeavyRanker } from './heavy-ranker';
import { requestOf } from './measure-heavy-ranker';
import { trainHeavyRanker } from './train-heavy-ranker';

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

describe('a calibration', () => {
  /** Truth: the odds are exp(1.2 · logit − 2); `rate` of the negatives are kept. */
  function sampled(rate: (row: number) => number) {
    const random = seededRandom(4);
    const [logits, labels, negativeWeights]: number[][] = [[], [], []];
    for (let row = 0; row < 40_000; row += 1) {
      const logit = 4 * random() - 2;
      const label = Number(random() < sigmoid(1.2 * logit - 2));
      if (label === 0 && random() > rate(row)) continue;
      logits.push(logit);
      labels.push(label);
      negativeWeights.push(1 / rate(row));
    }
    return { logits, labels, negativeWeights };
  }

  it('finds the odds of a sample of which everything was kept', () => {
    const { slope, shift } = fitCalibration(sampled(() => 1));
    expect(slope).toBeCloseTo(1.2, 1);
    expect(shift).toBeCloseTo(-2, 1);
  });

  it('finds the same odds when the negatives were sampled, at rates that differ', () => {
    const { slope, shift } = fitCalibration(sampled((row) => (row % 2 ? 0.05 : 0.3)));
    expect(slope).toBeCloseTo(1.2, 0);
    expect(Math.abs(slope - 1.2)).toBeLessThan(0.12);
    expect(Math.abs(shift + 2)).toBeLessThan(0.12);
  });

  it('is the logarithm of the rate where the logits are those of the sample', () => {
    const { logits, labels, negativeWeights } = sampled(() => 0.1);
    const ofSample = logits.map((logit) => 1.2 * logit - 2 - Math.log(0.1));
    const { slope, shift } = fitCalibration({ logits: ofSample, labels, negativeWeights });
    expect(Math.abs(slope - 1)).toBeLessThan(0.1);
    expect(Math.abs(shift - Math.log(0.1))).toBeLessThan(0.15);
  });

  it('leaves logits alone where nothing is known', () => {
    expect(fitCalibration({ logits: [], labels: [], negativeWeights: [] })).toEqual({ slope: 1, shift: 0 });
  });

  it('never turns an order round', () => {
    const logits = [-2, -1, 1, 2, -2, -1, 1, 2].flatMap((logit) => Array<number>(50).fill(logit));
    const labels = logits.map((logit) => Number(logit < 0));
    const { slope } = fitCalibration({ logits, labels, negativeWeights: logits.map(() => 1) });
    expect(slope).toBeGreaterThan(0);
  });
});

describe('a calibrated heavy ranker', () => {
  const FEATURES = 2;
  const RATE = 0.15;
  const sources = { content, profile, valueModel: new ValueModel([{ head: 'take', weight: 1 }]) };
  const truth = (features: Float32Array, row: number): number =>
    sigmoid(1.5 * features[row * FEATURES] - features[row * FEATURES + 1] - 2.5);

  /** Whether an item is taken follows from its features alone; `rate` of those not taken are kept. */
  function world(queryCount: number, rate: number, seed: number): RankingExamples {
    const random = seededRandom(seed);
    const builder = new RankingExamplesBuilder({
      ...{ featureCount: FEATURES, headCount: 1, historyCountMax: 4, profileSource: profile },
    });
    for (let query = 0; query < queryCount; query += 1) {
      const features = noise(60, FEATURES, 7 * query + seed);
      const rows = Array.from({ length: 60 }, (_, row) => row)
        .map((row) => ({ row, label: Number(random() < truth(features, row)) }))
        .filter(({ label }) => label === 1 || random() < rate);
      builder.add({
        query: { ...queryWith(query % 80), nowMs: 1_000_000 + query },
        ordinals: Uint32Array.from(rows, ({ row }) => row),
        features: Float32Array.from(rows.flatMap(({ row }) => [...features.subarray(2 * row, 2 * row + 2)])),
        labels: Float32Array.from(rows, ({ label }) => label),
        negativeRate: rate,
      });
    }
    return builder.build();
  }

  const learn = world(300, RATE, 1);
  const ask = world(60, 1, 2);
  const train = async (calibrate: boolean): Promise<HeavyRanker> => {
    const { model } = await trainHeavyRanker({
      ...{ examples: learn, sources, eventTypeCount: 2, historyCountMax: 4, seed: 1, epochsMax: 3 },
      ...{ learningRate: 0.01, dimension: 4, validationShare: 0.3, calibrate },
    });
    return model;
  };
  async function predictionsOf(model: HeavyRanker): Promise<number[]> {
    const predictions: number[] = [];
    for (let query = 0; query < ask.queryCount; query += 1)
      predictions.push(...(await model.score(requestOf(ask, query))).headValues);
    return predictions;
  }
  let plain: HeavyRanker;
  let calibrated: HeavyRanker;
  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
    plain = await train(false);
    calibrated = await train(true);
  });

  it('tells the probabilities of the whole, having learnt from a sample', async () => {
    const errorOf = async (model: HeavyRanker): Promise<number> =>
      calibrationError({ predictions: await predictionsOf(model), labels: ask.labels });
    expect(await errorOf(plain)).toBeGreaterThan(0.15);
    expect(await errorOf(calibrated)).toBeLessThan(0.04);
  });

  it('keeps the order', async () => {
    const order = (values: number[]): number[] =>
      values.map((_, row) => row).sort((left, right) => values[right] - values[left]);
    const before = await predictionsOf(plain);
    const after = await predictionsOf(calibrated);
    expect(order(after).slice(0, 100)).toEqual(order(before).slice(0, 100));
  });

  it('is saved with its calibration', async () => {
    const loaded = HeavyRanker.fromTensors(calibrated.toTensors(), sources);
    expect(await predictionsOf(loaded)).toEqual(await predictionsOf(calibrated));
  });
});
