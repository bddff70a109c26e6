import { seededRandom } from '@winnow/domain';
import type { QueryFeatures } from '@winnow/domain';
import { RowGradients, startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { clusterOf, content, ITEMS, noise, profile, queryWith } from '../planted-world.fixture';
import { FeatureScaler } from '../ranking/feature-scaler';
import { ValueModel } from '../ranking/value-model';
import { POSITION_UNKNOWN, RankingExamplesBuilder } from '../ranking-examples';
import type { RankingExamples } from '../ranking-examples';
import { DEFAULT_SIZES } from './architectures/architecture';
import { HeavyRanker } from './heavy-ranker';
import { heavyRankerLossAndGradients } from './heavy-ranker-loss';
import { heavyValueScores } from './measure-heavy-ranker';
import { chooseRows, RankingBatch } from './ranking-batch';
import { trainHeavyRanker } from './train-heavy-ranker';

const FEATURES = 3;
const GROUP = 16;
const valueModel = new ValueModel([
  { head: 'take', weight: 1 },
  { head: 'reject', weight: -0.5 },
]);
const sources = { content, profile, valueModel };

/**
 * The truth: a user takes what is of the history's cluster (target attention must find it) or has a high first feature,
 * and rejects what has a low second feature.
 */
function plantedExamples(
  queryCount: number,
  options: { readonly positions?: boolean; readonly seed?: number } = {},
) {
  const { seed = 1, positions } = options;
  const random = seededRandom(seed);
  const builder = new RankingExamplesBuilder({
    ...{ featureCount: FEATURES, headCount: 2, historyCountMax: 6, profileSource: profile },
  });
  for (let query = 0; query < queryCount; query += 1) {
    const cluster = query % 4;
    const history = Array.from({ length: 4 }, () => cluster + 4 * Math.floor(random() * (ITEMS / 4)));
    const ordinals = Uint32Array.from({ length: GROUP }, () => Math.floor(random() * ITEMS));
    const features = noise(GROUP, FEATURES, 1000 * seed + query);
    const labels = Float32Array.from({ length: GROUP * 2 }, (_, at) => {
      const row = at >> 1;
      const taken = clusterOf(ordinals[row]) === cluster || features[row * FEATURES] > 1.5;
      return Number(at % 2 === 0 ? taken : features[row * FEATURES + 1] < -1);
    });
    builder.add({
      query: { ...queryWith(...history), nowMs: 1_000_000 + query },
      ...{ ordinals, features, labels },
      positions: positions ? Uint8Array.from(ordinals, (_, place) => place) : undefined,
    });
  }
  return builder.build();
}

const train = (examples: RankingExamples, more: object = {}) =>
  trainHeavyRanker({
    ...{ examples, sources, eventTypeCount: 2, historyCountMax: 6, seed: 4, epochsMax: 4 },
    ...{ learningRate: 0.01, dimension: 8, queriesPerStep: 8, candidatesPerQuery: GROUP },
    ...more,
  });

describe('HeavyRanker', () => {
  let model: HeavyRanker;
  let report: Awaited<ReturnType<typeof train>>['report'];
  const ordinals = Uint32Array.from({ length: 30 }, (_, place) => (place * 7) % ITEMS);
  const features = noise(30, FEATURES, 77);
  const query: QueryFeatures = queryWith(1, 5, 9);
  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
    ({ model, report } = await train(plantedExamples(300)));
  });

  it('learns from the history and from the features, each head its own truth', () => {
    expect(report.metrics['heavyRanker.auc.take']).toBeGreaterThan(0.9);
    expect(report.metrics['heavyRanker.auc.reject']).toBeGreaterThan(0.9);
    expect(report.metrics['heavyRanker.ndcg@20']).toBeGreaterThan(0.8);
    expect(report.losses[report.losses.length - 1]).toBeLessThan(0.8 * report.losses[0]);
  });

  it('prefers what is like the history, and follows a history that changes', async () => {
    const flat = new Float32Array(80 * FEATURES);
    const all = Uint32Array.from({ length: ITEMS }, (_, ordinal) => ordinal);
    for (const cluster of [0, 3]) {
      const { headValues } = await model.score({
        query: queryWith(cluster, cluster + 4, cluster + 8),
        ordinals: all,
        features: flat,
      });
      const best = Array.from(all)
        .sort((left, right) => headValues[2 * right] - headValues[2 * left])
        .slice(0, 15);
      expect(best.filter((ordinal) => clusterOf(ordinal) === cluster).length).toBeGreaterThan(12);
    }
  });

  it('weighs predictions with the value model', async () => {
    const { scores, headValues } = await model.rank({ query, ordinals, features });
    scores.forEach((score, row) =>
      expect(score).toBeCloseTo(headValues[2 * row] - 0.5 * headValues[2 * row + 1], 6),
    );
  });

  it('scores a candidate alone as in company', async () => {
    const { headValues } = await model.score({ query, ordinals, features });
    for (const row of [0, 13, 29]) {
      const alone = await model.score({
        query,
        ordinals: ordinals.slice(row, row + 1),
        features: features.slice(row * FEATURES, (row + 1) * FEATURES),
      });
      for (let head = 0; head < 2; head += 1)
        expect(Math.abs(alone.headValues[head] - headValues[row * 2 + head])).toBeLessThan(1e-5);
    }
  });

  it('permutes its answers as its candidates are permuted', async () => {
    const order = Uint32Array.from(ordinals, (_, row) => (row * 11) % 30);
    const { headValues } = await model.score({ query, ordinals, features });
    const permuted = await model.score({
      query,
      ordinals: order.map((row) => ordinals[row]),
      features: Float32Array.from(
        { length: features.length },
        (_, at) => features[order[Math.floor(at / FEATURES)] * FEATURES + (at % FEATURES)],
      ),
    });
    order.forEach((row, place) => expect(permuted.headValues[place * 2]).toBeCloseTo(headValues[row * 2], 5));
  });

  it('is the same after saving and loading, and refuses what does not fit', async () => {
    const file = model.toTensors();
    const loaded = HeavyRanker.fromTensors(file, sources);
    expect(await loaded.score({ query, ordinals, features })).toEqual(
      await model.score({ query, ordinals, features }),
    );
    const other = new ValueModel([{ head: 'take', weight: 1 }]);
    expect(() => HeavyRanker.fromTensors(file, { ...sources, valueModel: other })).toThrow(
      'the ranker predicts take, reject; the objectives weigh take',
    );
    expect(() => HeavyRanker.fromTensors({ ...file, metadata: {} }, sources)).toThrow('no heavy ranker');
    expect(() => HeavyRanker.fromTensors({ ...file, tensors: {} }, sources)).toThrow(/is missing/);
  });

  it('answers an empty history, an unknown item and no candidates', async () => {
    const { headValues } = await model.score({
      query: queryWith(),
      ordinals: Uint32Array.of(4_000_000),
      features: new Float32Array(FEATURES),
    });
    expect(headValues.every(Number.isFinite)).toBe(true);
    const nothing = { query, ordinals: new Uint32Array(0), features: new Float32Array(0) };
    expect((await model.score(nothing)).headValues).toHaveLength(0);
  });

  it('gives the same scores for a query of the examples as serving does', async () => {
    const examples = plantedExamples(3, { seed: 8 });
    const scores = await heavyValueScores(model, examples);
    expect(scores).toHaveLength(3 * GROUP);
    expect(scores.every(Number.isFinite)).toBe(true);
  });
});

describe('trainHeavyRanker', () => {
  it('gives the same model for the same seed', async () => {
    const examples = plantedExamples(40);
    const run = async (seed: number): Promise<Float32Array> =>
      heavyValueScores((await train(examples, { seed, epochsMax: 1 })).model, examples);
    const first = await run(1);
    expect(await run(1)).toEqual(first);
    expect(await run(2)).not.toEqual(first);
  });

  it('explains clicks by position with a table that serving never reads', async () => {
    const examples = plantedExamples(120, { positions: true });
    // Whatever is shown first is taken, besides the truth.
    for (let query = 0; query < 120; query += 1) examples.labels[query * GROUP * 2] = 1;
    const { model } = await train(examples, { epochsMax: 3 });
    const positions = model.parts.tables.position;
    expect(positions.row(0)[0]).toBeGreaterThan(positions.row(5)[0] + 0.2);
    expect(positions.row(40)[0]).toBe(0);
  });
});

describe('a batch of ranking examples', () => {
  it('routes slopes to exactly the rows that finite differences say', async () => {
    const examples = plantedExamples(3, { positions: true });
    const config = {
      ...{
        ...DEFAULT_SIZES,
        architecture: 'wide-attentive-cross' as const,
        rankingLoss: 'listwise' as const,
      },
      targets: [{ loss: 'log-loss' as const }, { loss: 'log-loss' as const }],
      ...{
        heads: ['take', 'reject'],
        featureCount: FEATURES,
        dimension: 4,
        attentionSize: 3,
        profileSize: 2,
      },
      ...{
        crossRank: 3,
        crossLayerCount: 2,
        wideSizes: [4, 3] as const,
        hiddenSizes: [6],
        historyCountMax: 6,
        eventTypeCount: 2,
      },
    };
    const scaler = FeatureScaler.fit(examples.features, FEATURES);
    const model = HeavyRanker.create({ config, sources, scaler, baseLogits: new Float32Array(2), seed: 3 });
    const { items, tables, weights } = model.parts;
    items.admit(examples.ordinals, seededRandom(1));
    const batch = new RankingBatch({
      ...{ examples, parts: model.parts, scaledFeatures: scaler.apply(examples.features) },
      ...{ width: 20, idDropShare: 0.2, ordinalLimit: ITEMS },
    });
    const evaluate = async () =>
      heavyRankerLossAndGradients(weights, batch.assemble([2, 0], seededRandom(5)), config);
    const { gradients } = await evaluate();
    const itemGradients = items.createGradients();
    const tableGradients = {
      slots: new RowGradients(tables.slots.rowCount, 4),
      recency: new RowGradients(tables.recency.rowCount, 1),
      profile: new RowGradients(tables.profile.rowCount, 2),
      position: new RowGradients(tables.position.rowCount, 2),
    };
    const { slots, last, bias, candidates, profile: profileSlopes, position } = gradients;
    batch.takeApart(
      { slots, last, bias, candidates, profile: profileSlopes, position },
      { items: itemGradients, tables: tableGradients },
    );
    const stored = items.toTensors();
    for (const { name, values, rows, dim } of [
      { name: 'contents', values: stored['items/contents'].data, rows: itemGradients.contents, dim: 4 },
      { name: 'slots', values: tables.slots.values, rows: tableGradients.slots, dim: 4 },
      { name: 'recency', values: tables.recency.values, rows: tableGradients.recency, dim: 1 },
      { name: 'profile', values: tables.profile.values, rows: tableGradients.profile, dim: 2 },
      { name: 'position', values: tables.position.values, rows: tableGradients.position, dim: 2 },
    ]) {
      const expected: { at: number; slope: number }[] = [];
      rows.forEach((row, sums, offset) => expected.push({ at: row * dim, slope: sums[offset] }));
      expect(expected.length, name).toBeGreaterThan(0);
      for (const { at, slope } of expected) {
        const original = values[at];
        values[at] = original + 0.01;
        const above = (await evaluate()).loss;
        values[at] = original - 0.01;
        const below = (await evaluate()).loss;
        values[at] = original;
        const difference = (above - below) / 0.02;
        expect(Math.abs(slope - difference), `${name}[${at}]`).toBeLessThan(
          0.02 + 0.05 * Math.abs(difference),
        );
      }
    }
  });

  it('keeps the positives and fills up with a draw of the rest', () => {
    const examples = plantedExamples(1);
    const positives = Array.from({ length: GROUP }, (_, row) => row).filter(
      (row) => examples.labels[row * 2] + examples.labels[row * 2 + 1] > 0,
    );
    const rows = chooseRows({ examples, query: 0, width: 12, random: seededRandom(1) });
    expect(new Set(rows).size).toBe(12);
    expect(rows.filter((row) => positives.includes(row)).length).toBeGreaterThanOrEqual(
      Math.min(6, positives.length),
    );
    expect(chooseRows({ examples, query: 0, width: 99, random: seededRandom(1) })).toHaveLength(GROUP);
    expect(examples.positions[0]).toBe(POSITION_UNKNOWN);
  });
});
