import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { trainSequenceModel } from './train-sequence-model';
import { targetRanks } from './validate-sequence-model';

beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
});

describe('training of a sequence model', () => {
  it('learns from what is long ago, beyond what the encoder reads', async () => {
    // Everybody walks one ring of six items, and then another one for longer than the encoder looks back.
    const sequences = Array.from({ length: 60 }, (_, user) =>
      Uint32Array.from({ length: 20 }, (__, step) => ((user + step) % 6) + (step < 8 ? 0 : 6)),
    );
    const { model } = await trainSequenceModel({
      sequences,
      config: {
        encoder: { kind: 'mean-pool' },
        dimension: 8,
        itemCount: 12,
        historyCountMax: 5,
        tiedItems: true,
        temperature: 0.1,
      },
      epochsMax: 25,
      patienceEpochs: 25,
      batchTokens: 50,
      negativeCount: 8,
      learningRate: 0.01,
      tableLearningRate: 0.02,
      weightDecay: 0,
      dropout: 0,
      seed: 1,
      initialVectors: 'random',
    });
    const ranks = await targetRanks(model, {
      histories: [Uint32Array.of(1, 2), Uint32Array.of(4, 5), Uint32Array.of(7, 8), Uint32Array.of(10, 11)],
      targets: Uint32Array.of(3, 0, 9, 6),
    });
    expect([...ranks]).toEqual([0, 0, 0, 0]);
  });
});
