import { DEFAULT_HEAVY_RANKER_ARCHITECTURE, HEAVY_RANKER_ARCHITECTURES, seededRandom } from '@winnow/domain';
import type { HeavyRankerArchitectureName } from '@winnow/domain';
import { areaUnderRoc } from '@winnow/evaluation';
import { normal, startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { clusterOf, content, ITEMS, noise, profile, queryWith } from '../../planted-world.fixture';
import { RankingExamplesBuilder } from '../../ranking-examples';
import type { RankingExamples } from '../../ranking-examples';
import { FeatureScaler } from '../../ranking/feature-scaler';
import { ValueModel } from '../../ranking/value-model';
import { HeavyRanker } from '../heavy-ranker';
import { heavyRankerLossAndGradients } from '../heavy-ranker-loss';
import { requestOf } from '../measure-heavy-ranker';
import { RankingBatch } from '../ranking-batch';
import { trainHeavyRanker } from '../train-heavy-ranker';
import { DEFAULT_SIZES } from './architecture';

const FEATURES = 3;
const GROUP = 16;
const HEADS = ['take', 'reject'];
const valueModel = new ValueModel([
  { head: 'take', weight: 1 },
  { head: 'reject', weight: -0.5 },
]);
const sources = { content, profile, valueModel };
/** Half of what is shown is of these, whoever asks: popular, and not what is wanted. */
const POPULAR = [0, 1, 2, 3];

/** Taken is what is of the history's cluster or has a high first feature; rejected, what has a low second one. */
function plantedExamples(queryCount: number, seed: number): RankingExamples {
  const random = seededRandom(seed);
  const builder = new RankingExamplesBuilder({
    ...{ featureCount: FEATURES, headCount: 2, historyCountMax: 6, profileSource: profile },
  });
  for (let query = 0; query < queryCount; query += 1) {
    const cluster = query % 4;
    const history = Array.from({ length: 4 }, () => cluster + 4 * Math.floor(random() * (ITEMS / 4)));
    const ordinals = Uint32Array.from({ length: GROUP }, (_, row) =>
      row % 2 === 0 ? POPULAR[Math.floor(random() * 4)] : Math.floor(random() * ITEMS),
    );
    const features = noise(GROUP, FEATURES, 1000 * seed + query);
    const labels = Float32Array.from({ length: GROUP * 2 }, (_, at) => {
      const row = at >> 1;
      const taken = clusterOf(ordinals[row]) === cluster || features[row * FEATURES] > 1.5;
      return Number(at % 2 === 0 ? taken : features[row * FEATURES + 1] < -1);
    });
    builder.add({
      query: { ...queryWith(...history), nowMs: 1_000_000 + query },
      ...{ ordinals, features, labels },
    });
  }
  return builder.build();
}

const trained = plantedExamples(160, 1);
const asked = plantedExamples(30, 2);

const train = async (architecture: HeavyRankerArchitectureName): Promise<HeavyRanker> => {
  const { model } = await trainHeavyRanker({
    ...{ architecture, examples: trained, sources, eventTypeCount: 2, historyCountMax: 6, seed: 4 },
    ...{ epochsMax: 5, learningRate: 0.03, dimension: 8, queriesPerStep: 8, validationShare: 0 },
  });
  return model;
};

/** How often each item was taken, whoever took it: what a ranker must know better than. */
function popularity(): (ordinal: number) => number {
  const counts = new Float64Array(ITEMS);
  trained.ordinals.forEach((ordinal, row) => {
    counts[ordinal] += trained.labels[2 * row];
  });
  return (ordinal) => counts[ordinal];
}

async function aucOfTaken(predict: (query: number) => Promise<ArrayLike<number>>): Promise<number> {
  const predictions: number[] = [];
  for (let query = 0; query < asked.queryCount; query += 1)
    predictions.push(...Array.from(await predict(query)));
  const labels = Array.from(asked.ordinals, (_, row) => asked.labels[2 * row]);
  return areaUnderRoc({ predictions, labels });
}

describe.each(HEAVY_RANKER_ARCHITECTURES)('the architecture %s', (architecture) => {
  let model: HeavyRanker;
  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
    model = await train(architecture);
  });

  it('knows better than popularity what is taken', async () => {
    const count = popularity();
    const popular = await aucOfTaken(async (query) =>
      Array.from(requestOf(asked, query).ordinals, (ordinal) => count(ordinal)),
    );
    const learnt = await aucOfTaken(async (query) =>
      (await model.score(requestOf(asked, query))).headValues.filter((_, at) => at % 2 === 0),
    );
    expect(learnt).toBeGreaterThan(popular);
    expect(learnt).toBeGreaterThan(0.8);
  });

  it('scores a candidate alone as in company, and in any order', async () => {
    const request = requestOf(asked, 3);
    const { headValues } = await model.score(request);
    const order = Uint32Array.from({ length: GROUP }, (_, place) => (place * 5 + 2) % GROUP);
    const rowsOf = (rows: Uint32Array) => ({
      ...request,
      ordinals: rows.map((row) => request.ordinals[row]),
      features: Float32Array.from(
        { length: rows.length * FEATURES },
        (_, at) => request.features[rows[Math.floor(at / FEATURES)] * FEATURES + (at % FEATURES)],
      ),
    });
    const permuted = (await model.score(rowsOf(order))).headValues;
    for (const [place, row] of order.entries()) {
      const alone = (await model.score(rowsOf(Uint32Array.of(row)))).headValues;
      for (const head of [0, 1]) {
        expect(permuted[place * 2 + head]).toBeCloseTo(headValues[row * 2 + head], 5);
        expect(alone[head]).toBeCloseTo(headValues[row * 2 + head], 5);
      }
    }
  });

  it('is the same after saving and loading, and says its name in the file', async () => {
    const file = model.toTensors();
    expect(JSON.parse(file.metadata['config'])).toMatchObject({ architecture });
    const loaded = HeavyRanker.fromTensors(file, sources);
    expect(await loaded.rank(requestOf(asked, 1))).toEqual(await model.rank(requestOf(asked, 1)));
  });

  it('answers an empty history, an unknown item and no candidates', async () => {
    const unknown = { ordinals: Uint32Array.of(4_000_000), features: new Float32Array(FEATURES) };
    const { headValues } = await model.score({ query: queryWith(), ...unknown });
    expect(headValues.every(Number.isFinite)).toBe(true);
    const nothing = { ordinals: new Uint32Array(0), features: new Float32Array(0) };
    expect((await model.score({ query: queryWith(1), ...nothing })).headValues).toHaveLength(0);
  });

  it('has the gradients that finite differences say', async () => {
    const { weights, batchLoss } = tinyModel(architecture);
    const { gradients } = await batchLoss();
    const random = seededRandom(9);
    for (const name of weights.names) {
      const values = weights.data(name);
      for (let probe = 0; probe < 2; probe += 1) {
        const at = Math.floor(random() * values.length);
        const original = values[at];
        const lossAt = async (value: number): Promise<number> => {
          values[at] = value;
          weights.invalidate();
          return (await batchLoss()).loss;
        };
        const slope = ((await lossAt(original + 0.001)) - (await lossAt(original - 0.001))) / 0.002;
        await lossAt(original);
        expect(Math.abs(gradients[name][at] - slope), `${name}[${at}]`).toBeLessThan(
          0.004 + 0.03 * Math.abs(slope),
        );
      }
    }
  });
});

/** An untrained model of few weights, none of them silent, and the loss of one batch as its weights are now. */
function tinyModel(architecture: HeavyRankerArchitectureName) {
  const examples = plantedExamples(3, 5);
  const scaler = FeatureScaler.fit(examples.features, FEATURES);
  const config = {
    ...{ ...DEFAULT_SIZES, architecture, rankingLoss: 'listwise' as const },
    targets: [{ loss: 'log-loss' as const }, { loss: 'log-loss' as const }],
    ...{ heads: HEADS, featureCount: FEATURES, dimension: 4 },
    ...{ attentionSize: 3, profileSize: 2, crossRank: 3, wideSizes: [4, 3] as const, hiddenSizes: [6, 4] },
    ...{ expertCount: 4, expertSize: 3, historyCountMax: 6, eventTypeCount: 2 },
  };
  const model = HeavyRanker.create({ config, sources, scaler, baseLogits: new Float32Array(2), seed: 3 });
  const { items, weights } = model.parts;
  const random = seededRandom(11);
  for (const name of weights.names) {
    const noise = normal(weights.data(name).length, 0.3, random);
    weights.data(name).forEach((value, at, all) => (all[at] = value + noise[at]));
  }
  weights.invalidate();
  items.admit(examples.ordinals, seededRandom(1));
  const batch = new RankingBatch({
    ...{ examples, parts: model.parts, scaledFeatures: scaler.apply(examples.features) },
    ...{ width: 20, idDropShare: 0.2, ordinalLimit: ITEMS },
  });
  const batchLoss = () =>
    heavyRankerLossAndGradients(weights, batch.assemble([2, 0], seededRandom(5)), config);
  return { model, weights, batchLoss };
}

describe('a saved heavy ranker', () => {
  beforeAll(() => startBackend({ forced: 'wasm' }));

  it('from before architectures had names is the default one', async () => {
    const { model } = tinyModel(DEFAULT_HEAVY_RANKER_ARCHITECTURE);
    const { metadata, tensors } = model.toTensors();
    const config = JSON.parse(metadata['config']) as Record<string, unknown>;
    for (const name of ['architecture', 'expertSize', 'attentionHeadCount']) delete config[name];
    const old = { tensors, metadata: { ...metadata, config: JSON.stringify(config) } };
    const loaded = HeavyRanker.fromTensors(old, sources);
    expect(loaded.parts.config.architecture).toBe(DEFAULT_HEAVY_RANKER_ARCHITECTURE);
    expect(await loaded.rank(requestOf(asked, 0))).toEqual(await model.rank(requestOf(asked, 0)));
  });

  it('of an architecture that this version does not know is refused by name', () => {
    const { model } = tinyModel('neumf');
    const { metadata, tensors } = model.toTensors();
    const config = metadata['config'].replace('"neumf"', '"quantum"');
    expect(() => HeavyRanker.fromTensors({ tensors, metadata: { ...metadata, config } }, sources)).toThrow(
      /architecture quantum; this version knows wide-attentive-cross, /,
    );
  });
});
