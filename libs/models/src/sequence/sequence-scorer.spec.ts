import { seededRandom } from '@winnow/domain';
import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { SequenceScorer, trainSequenceScorer } from './sequence-scorer';
import { SequenceModel } from './sequence-model';

/** Twelve ordinals with gaps between them. */
const VOCABULARY = Uint32Array.from({ length: 12 }, (_, row) => 5 + 3 * row);

/** Everybody walks the vocabulary's ring in steps of one, past ordinal 1, which is in no vocabulary. */
function past() {
  const random = seededRandom(3);
  const users: number[] = [];
  const ordinals: number[] = [];
  for (let user = 0; user < 80; user += 1) {
    const start = Math.floor(random() * 12);
    const walk = Array.from({ length: 6 }, (_, step) => VOCABULARY[(start + step) % 12]);
    walk.splice(2, 0, 1);
    for (const ordinal of walk) {
      users.push(user);
      ordinals.push(ordinal);
    }
  }
  return {
    users: Uint32Array.from(users),
    ordinals: Uint32Array.from(ordinals),
    timesMs: Float64Array.from(users, (_, index) => index),
  };
}

beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
});

describe('sequence scorer', () => {
  it('learns from ordinals, and ranks what comes next first', async () => {
    const { scorer, report } = await trainSequenceScorer({
      encoder: 'transformer',
      past: past(),
      vocabulary: VOCABULARY,
      seed: 1,
      recipe: {
        model: {
          encoder: { kind: 'transformer', blockCount: 1, headCount: 1, feedForwardSize: 16 },
          dimension: 16,
          historyCountMax: 10,
          tiedItems: true,
          temperature: 0.1,
        },
        epochsMax: 30,
        patienceEpochs: 30,
        batchTokens: 48,
        negativeCount: 8,
        learningRate: 0.01,
        tableLearningRate: 0.03,
      },
    });
    const scores = await scorer.scores([
      Uint32Array.of(VOCABULARY[3], 1, VOCABULARY[4]),
      Uint32Array.of(VOCABULARY[11]),
    ]);
    const best = (from: number): number => {
      const row = [...scores.subarray(from * 12, (from + 1) * 12)];
      return row.indexOf(Math.max(...row));
    };
    expect([best(0), best(1)]).toEqual([5, 0]);
    expect(report.validation.length).toBeGreaterThan(0);
    scorer.dispose();
  });

  it('passes over items outside the vocabulary', async () => {
    const model = SequenceModel.create(
      {
        encoder: { kind: 'mean-pool' },
        dimension: 4,
        itemCount: 12,
        historyCountMax: 5,
        tiedItems: true,
        temperature: null,
      },
      1,
    );
    const scorer = new SequenceScorer(model, VOCABULARY);
    const known = await scorer.scores([Uint32Array.of(8, 11)]);
    expect(await scorer.scores([Uint32Array.of(1, 8, 9, 11, 4000)])).toEqual(known);
    expect([...(await scorer.scores([Uint32Array.of(1)]))]).toEqual(new Array(12).fill(0));
  });
});
