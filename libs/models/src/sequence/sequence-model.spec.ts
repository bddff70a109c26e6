import { seededRandom } from '@winnow/domain';
import { Dropout, normal, startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EncoderConfig, SequenceModelConfig } from './sequence-config';
import { sequenceLossAndGradients } from './sequence-loss';
import type { SequenceBatch } from './sequence-loss';
import { SequenceModel } from './sequence-model';
import { layoutTokens } from './token-layout';
import { trainSequenceModel } from './train-sequence-model';
import { TransformerSession } from './transformer-session';
import { targetRanks } from './validate-sequence-model';

const TRANSFORMER = { kind: 'transformer', blockCount: 2, headCount: 2, feedForwardSize: 12 } as const;
const ENCODERS: EncoderConfig[] = [
  { kind: 'mean-pool' },
  { kind: 'attention-pool' },
  { kind: 'gru' },
  TRANSFORMER,
];

const config = (encoder: EncoderConfig, more: Partial<SequenceModelConfig> = {}): SequenceModelConfig => ({
  encoder,
  dimension: 8,
  itemCount: 12,
  historyCountMax: 10,
  tiedItems: true,
  temperature: null,
  ...more,
});

/** A world with one rule: after an item comes the one after the next, of twelve in a ring. */
function ringSequences(count: number): Uint32Array[] {
  const random = seededRandom(9);
  return Array.from({ length: count }, () => {
    const start = Math.floor(random() * 12);
    return Uint32Array.from({ length: 4 + Math.floor(random() * 5) }, (_, index) => (start + 2 * index) % 12);
  });
}

/** An untrained model whose every weight says something: layers that start at nothing would hide their faults. */
function scrambled(
  encoder: EncoderConfig,
  seed: number,
  more: Partial<SequenceModelConfig> = {},
): SequenceModel {
  const model = SequenceModel.create(config(encoder, more), seed);
  const random = seededRandom(seed + 100);
  for (const name of model.parts.weights.names) {
    const data = model.parts.weights.data(name);
    normal(data.length, 0.3, random).forEach((value, index) => (data[index] += value));
  }
  model.parts.weights.invalidate();
  return model;
}

const close = (got: Float32Array, wanted: Float32Array, digits = 4): void => {
  expect(got.length).toBe(wanted.length);
  wanted.forEach((value, index) => expect(got[index]).toBeCloseTo(value, digits));
};

beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
});

describe.each(ENCODERS)('a sequence model with encoder $kind', (encoder) => {
  const histories = [[1, 5, 3], [7], [2, 4, 6, 8, 10, 0, 1, 3], [11, 9]];

  it('encodes a history the same alone and in a batch', async () => {
    const model = scrambled(encoder, 1);
    const together = await model.encode(histories);
    for (const [index, history] of histories.entries())
      close(await model.encode([history]), together.subarray(index * 8, (index + 1) * 8));
    expect(together.some((value) => Math.abs(value) > 1e-3)).toBe(true);
  });

  it('answers an empty history with the zero vector', async () => {
    const model = SequenceModel.create(config(encoder), 1);
    expect([...(await model.encode([[]]))]).toEqual(new Array(8).fill(0));
  });

  it('sees nothing of what comes after a position: its slopes to later tokens are zero', async () => {
    const { parts } = scrambled(encoder, 2);
    const sequences = [Uint32Array.of(1, 2, 3, 4, 5), Uint32Array.of(6, 7, 8)];
    const layout = layoutTokens([5, 3], parts.encoder.order);
    const token = (sequence: number, position: number): number =>
      layout.positions.findIndex((at, index) => at === position && layout.sequences[index] === sequence);
    const early = new Set([token(0, 0), token(0, 1), token(0, 2)]);
    // A query whose target is also its only negative has the same loss whatever it is: no slope comes from it.
    const loss = (targets: Uint32Array) => sequenceLossAndGradients(parts, batchOf(targets), Dropout.none);
    const batchOf = (targets: Uint32Array): SequenceBatch => ({
      layout,
      sequences,
      targets,
      negatives: Uint32Array.of(0),
    });
    const targets = Uint32Array.from({ length: 8 }, (_, index) => (early.has(index) ? 9 : 0));
    const { gradients } = await loss(targets);
    const slopeOf = (at: number): number =>
      gradients['tokens'].subarray(at * 8, (at + 1) * 8).reduce((sum, value) => sum + Math.abs(value), 0);
    for (let at = 0; at < 8; at += 1)
      if (early.has(at)) expect(slopeOf(at), `token ${at}`).toBeGreaterThan(1e-6);
      else expect(slopeOf(at), `token ${at}`).toBe(0);
  });

  it('gives every weight the slope of finite differences', async () => {
    const { parts } = scrambled(encoder, 3, { temperature: 0.5 });
    const sequences = [Uint32Array.of(1, 2, 3), Uint32Array.of(4, 5)];
    const layout = layoutTokens([3, 2], parts.encoder.order);
    const batch = {
      layout,
      sequences,
      targets: Uint32Array.of(2, 3, 6, 5, 7),
      negatives: Uint32Array.of(0, 3, 8),
    };
    const loss = async (): Promise<number> =>
      (await sequenceLossAndGradients(parts, batch, Dropout.none)).loss;
    const { gradients } = await sequenceLossAndGradients(parts, batch, Dropout.none);
    const random = seededRandom(4);
    // Small, because a rectifier that changes sides within a step has no slope to compare with.
    const step = 2e-3;
    for (const name of parts.weights.names) {
      const data = parts.weights.data(name);
      const index = Math.floor(random() * data.length);
      const original = data[index];
      const at = (value: number): Promise<number> => {
        data[index] = value;
        parts.weights.invalidate();
        return loss();
      };
      const slope = ((await at(original + step)) - (await at(original - step))) / (2 * step);
      await at(original);
      expect(gradients[name][index], `${name}[${index}]`).toBeCloseTo(slope, 3);
    }
  });

  it('learns what follows what, and says the same after save and load', async () => {
    const { model, report } = await trainSequenceModel({
      sequences: ringSequences(60),
      config: config(encoder, { dimension: 16 }),
      epochsMax: 25,
      patienceEpochs: 25,
      batchTokens: 64,
      negativeCount: 8,
      learningRate: 0.01,
      tableLearningRate: 0.03,
      weightDecay: 0,
      dropout: 0.1,
      initialVectors: 'random',
      seed: 5,
    });
    const cases = { histories: [Uint32Array.of(0, 2, 4), Uint32Array.of(5)], targets: Uint32Array.of(6, 7) };
    expect([...(await targetRanks(model, cases))]).toEqual([0, 0]);
    expect(report.losses[24]).toBeLessThan(report.losses[0]);
    const loaded = SequenceModel.fromTensors(model.toTensors());
    expect(await loaded.encode(cases.histories)).toEqual(await model.encode(cases.histories));
    expect(loaded.itemVectors()).toEqual(model.itemVectors());
  });
});

describe('sequence model', () => {
  it('trains the same way from the same seed, and another way from another', async () => {
    const train = async (seed: number): Promise<Float32Array> => {
      const { model } = await trainSequenceModel({
        sequences: ringSequences(10),
        config: config(TRANSFORMER, { tiedItems: false, temperature: 0.1 }),
        epochsMax: 2,
        patienceEpochs: 2,
        batchTokens: 32,
        negativeCount: 4,
        learningRate: 0.01,
        tableLearningRate: 0.01,
        weightDecay: 0,
        dropout: 0.2,
        initialVectors: 'spectral',
        seed,
      });
      return model.itemVectors();
    };
    expect(await train(1)).toEqual(await train(1));
    expect(await train(1)).not.toEqual(await train(2));
  });

  it('keeps the epoch that validates best, and stops when patience has run out', async () => {
    const seen: number[] = [];
    const { model, report } = await trainSequenceModel({
      sequences: ringSequences(20),
      // A target that contradicts the world: the more is learnt, the worse.
      validation: { histories: [Uint32Array.of(0, 2, 4)], targets: Uint32Array.of(7) },
      config: config({ kind: 'mean-pool' }),
      epochsMax: 30,
      patienceEpochs: 3,
      batchTokens: 16,
      negativeCount: 12,
      learningRate: 0.02,
      tableLearningRate: 0.05,
      weightDecay: 0,
      dropout: 0,
      initialVectors: 'random',
      seed: 2,
      onEpoch: ({ validation }) => void seen.push(validation),
    });
    expect(report.validation).toEqual(seen);
    expect(seen.length).toBe(report.bestEpoch + 3);
    const [rank] = await targetRanks(model, {
      histories: [Uint32Array.of(0, 2, 4)],
      targets: Uint32Array.of(7),
    });
    expect(rank < 10 ? 1 / Math.log2(rank + 2) : 0).toBeCloseTo(Math.max(...seen), 6);
  });

  it('stops when it is told to', async () => {
    await expect(
      trainSequenceModel({
        sequences: ringSequences(5),
        config: config({ kind: 'mean-pool' }),
        epochsMax: 1,
        patienceEpochs: 1,
        batchTokens: 16,
        negativeCount: 4,
        learningRate: 0.01,
        tableLearningRate: 0.01,
        weightDecay: 0,
        dropout: 0,
        initialVectors: 'random',
        seed: 1,
        signal: AbortSignal.abort(new Error('enough')),
      }),
    ).rejects.toThrow('enough');
  });

  it('refuses a file of another model', () => {
    expect(() => SequenceModel.fromTensors({ tensors: {}, metadata: { model: 'two-tower' } })).toThrow(
      RangeError,
    );
  });
});

describe('transformer session', () => {
  it('answers after every item what a pass over the whole history answers', async () => {
    for (const temperature of [null, 0.1]) {
      const model = scrambled(TRANSFORMER, 6, { temperature });
      const session = new TransformerSession(model);
      const history = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
      for (const [index, item] of history.entries())
        close(await session.append(item), await model.encode([history.slice(0, index + 1)]));
      expect(session.isFull).toBe(true);
    }
  });

  it('is refused to encoders that keep no keys and values', () => {
    expect(() => new TransformerSession(SequenceModel.create(config({ kind: 'gru' }), 1))).toThrow(
      RangeError,
    );
  });
});
