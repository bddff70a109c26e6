import { err, ok, stageError, type CandidateRetriever } from '@winnow/domain';
import { sampleManifest } from '@winnow/testing';
import { describe, expect, it } from 'vitest';
import { checkGoldenQuery } from './golden-check';

const manifest = {
  ...sampleManifest('20260101T000000Z-aaaaaa', {
    golden: { historyOrdinals: [1, 2], expectedOrdinals: [10, 11, 12, 13, 14] },
  }),
  files: [],
};

const run = (
  found: readonly number[],
  gone: readonly number[] = [],
  scores?: Float32Array,
): Promise<void> => {
  const engine: CandidateRetriever = {
    retrieve: async ({ release, sources }) =>
      ok({
        release,
        sources: sources.map(({ source }, at) => ({
          source,
          ordinals: at === 0 ? Uint32Array.from(found) : new Uint32Array(0),
          scores: at === 0 ? (scores ?? new Float32Array(found.length)) : new Float32Array(0),
        })),
        queryVector: new Float32Array(4),
      }),
  };
  return checkGoldenQuery({
    manifest,
    engine,
    historyCount: 4,
    items: { isAvailable: (each) => !gone.includes(each) },
  });
};

describe('the golden check', () => {
  it('passes when the golden items come back, but for one that new items may have pushed out', async () => {
    await expect(run([10, 11, 12, 13, 14, 99])).resolves.toBeUndefined();
    await expect(run([10, 11, 12, 13])).resolves.toBeUndefined();
  });

  it('does not expect what has been deleted since', async () => {
    await expect(run([10], [11, 12, 13, 14])).resolves.toBeUndefined();
    await expect(run([], [10, 11, 12, 13, 14])).resolves.toBeUndefined();
  });

  it('says how many golden items are missing', async () => {
    await expect(run([10, 11, 12])).rejects.toThrow('3 of 5 golden items were retrieved');
  });

  it('says when a score is not finite, and what the engine failed with', async () => {
    await expect(run([10], [], Float32Array.of(Number.NaN))).rejects.toThrow(/two-tower gave a score/);
    const engine: CandidateRetriever = {
      retrieve: async () => err(stageError('model', 'candidate-generation', 'the query tower gave NaN')),
    };
    await expect(
      checkGoldenQuery({ manifest, engine, historyCount: 4, items: { isAvailable: () => true } }),
    ).rejects.toThrow('the query tower gave NaN');
  });
});
