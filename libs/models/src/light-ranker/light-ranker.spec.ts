import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { noise, profile, queryWith } from '../planted-world.fixture';
import { ValueModel } from '../ranking/value-model';
import { RankingExamplesBuilder } from '../ranking-examples';
import { LightRanker } from './light-ranker';
import { lightAgreement, trainLightRanker } from './train-light-ranker';

const FEATURES = 4;
const GROUP = 64;
const QUERIES = 120;

/** The teacher is a curved function of the features; labels follow it with noise. */
function lesson() {
  const builder = new RankingExamplesBuilder({
    ...{ featureCount: FEATURES, headCount: 1, historyCountMax: 4, profileSource: profile },
  });
  const teacher: number[] = [];
  for (let query = 0; query < QUERIES; query += 1) {
    const features = noise(GROUP, FEATURES, query);
    const scores = Array.from({ length: GROUP }, (_, row) => {
      const [a, b, c] = features.subarray(row * FEATURES);
      return a + Math.max(0, b) * 2 - c * c;
    });
    teacher.push(...scores);
    builder.add({
      query: { ...queryWith(), nowMs: query },
      ordinals: Uint32Array.from({ length: GROUP }, (_, row) => row),
      features,
      labels: Float32Array.from(scores, (score) => Number(score > 2.5)),
    });
  }
  return { examples: builder.build(), teacherScores: Float32Array.from(teacher) };
}

const valueModel = new ValueModel([{ head: 'take', weight: 1 }]);

describe('LightRanker', () => {
  const { examples, teacherScores } = lesson();
  let model: LightRanker;
  let report: Awaited<ReturnType<typeof trainLightRanker>>['report'];
  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
    ({ model, report } = await trainLightRanker({
      ...{ examples, teacherScores, valueModel, seed: 2, epochsMax: 30, learningRate: 0.01, patience: 30 },
    }));
  });

  it('keeps nearly all of what the heavy ranker wants within its cut', async () => {
    expect(await lightAgreement(examples, teacherScores, model)).toBeGreaterThan(0.95);
    expect(report.losses[report.losses.length - 1]).toBeLessThan(report.losses[0]);
  });

  it('scores a candidate alone as in company, and many blocks of rows as one', async () => {
    const features = noise(200, FEATURES, 5);
    const all = await model.score(features);
    expect(all).toHaveLength(200);
    expect((await model.score(features.slice(0, FEATURES)))[0]).toBeCloseTo(all[0], 5);
    expect((await model.score(features.slice(150 * FEATURES)))[0]).toBeCloseTo(all[150], 5);
    const many = noise(17_000, FEATURES, 6);
    const scores = await model.score(many);
    expect((await model.score(many.slice(16_999 * FEATURES)))[0]).toBeCloseTo(scores[16_999], 5);
  });

  it('is the same after saving and loading', async () => {
    const features = noise(10, FEATURES, 8);
    const loaded = LightRanker.fromTensors(model.toTensors());
    expect(await loaded.score(features)).toEqual(await model.score(features));
    expect(() => LightRanker.fromTensors({ tensors: {}, metadata: {} })).toThrow('no light ranker');
  });
});

describe('lightAgreement', () => {
  const examples = {
    ...lesson().examples,
    ...{ queryCount: 1, groupOffsets: Uint32Array.of(0, GROUP) },
  };
  const ranks = Float32Array.from({ length: GROUP }, (_, row) => -row);
  const lightThatGives = (scores: Float32Array): LightRanker =>
    ({ score: async () => scores }) as unknown as LightRanker;

  it('is 1 for the same order, and 0 when the best come last', async () => {
    expect(await lightAgreement(examples, ranks, lightThatGives(ranks))).toBe(1);
    expect(await lightAgreement(examples, ranks, lightThatGives(ranks.map((rank) => -rank)))).toBe(0);
  });

  it('asks of 64 candidates what 50 in 200 of 800 asks: 4 in 16', async () => {
    const shifted = ranks.map((_, row) => (row < 14 ? -row - 100 : -row));
    // Rows 14 to 63 come first, then 0 to 13: none of the best four is in the first sixteen.
    expect(await lightAgreement(examples, ranks, lightThatGives(shifted))).toBe(0);
    const near = ranks.map((_, row) => (row < 2 ? -15.5 - row / 10 : -row));
    expect(await lightAgreement(examples, ranks, lightThatGives(near))).toBe(1);
  });
});
