import { userId, type Description, type SlateLogReader, type TracedSlate } from '@winnow/domain';
import { observedFeatureNamesOf, rankingFeatureNamesOf } from '@winnow/features';
import { describe, expect, it } from 'vitest';
import { ServedFeatures } from './served-features';
import { nothingShown, type ShownFrame } from './shown-frame';

const description = { items: { attributes: [{ name: 'price', type: 'number' }] } } as unknown as Description;
const names = rankingFeatureNamesOf(description.items.attributes);
const observed = observedFeatureNamesOf(description.items.attributes);

/** Two slates of user 0, at 10 and at 20. */
const shown: ShownFrame = {
  ...nothingShown(),
  count: 2,
  users: Uint32Array.of(0, 0),
  servedAtMs: Float64Array.of(10, 20),
};

/** A trace with two candidates that the heavy ranker scored and one that it did not; feature c of row r is 100 r + c. */
const traced = (servedAtMs: number, user = 'ann', featureNames: readonly string[] = names): TracedSlate =>
  ({
    ...{ userId: userId(user), servedAtMs },
    trace: {
      featureNames,
      candidates: {
        ordinals: Uint32Array.of(7, 8, 9),
        heavyScores: Float32Array.of(0.2, 0.1),
        features: Float32Array.from(
          { length: 2 * names.length },
          (_, at) => 100 * Math.floor(at / names.length) + (at % names.length),
        ),
      },
    },
  }) as unknown as TracedSlate;

const served = (...slates: readonly TracedSlate[]): Promise<ServedFeatures> =>
  ServedFeatures.read({
    ...{ description, shown, events: { userIds: ['ann'] } as never },
    slateLog: {
      async *sampleTraced() {
        yield slates;
      },
    } as unknown as SlateLogReader,
  });

/** Features of items 9, 8 after being overwritten, −1 where nothing was. */
function overwritten(features: ServedFeatures, slate: number): Float32Array {
  const out = new Float32Array(2 * names.length).fill(-1);
  features.overwrite(slate, Uint32Array.of(9, 8), out);
  return out;
}

describe('features as they were served', () => {
  it('stand in for what the log and the catalogue decide, for candidates that the heavy ranker was given', async () => {
    const features = await served(traced(20));
    const out = overwritten(features, 1);
    expect([...out.subarray(0, names.length)]).toEqual(names.map(() => -1));
    const expected = names.map((name, column) => (observed.includes(name) ? 100 + column : -1));
    expect([...out.subarray(names.length)]).toEqual(expected);
    expect(observed).toContain('popularity');
    expect(observed).not.toContain('tower-score');
    expect(features.usedCount).toBe(1);
  });

  it('are those of the same user and moment only, and of today’s features', async () => {
    const features = await served(traced(20, 'bob'), traced(21), traced(10, 'ann', ['other']));
    for (const slate of [0, 1])
      expect(overwritten(features, slate).every((value) => value === -1)).toBe(true);
    expect(features.usedCount).toBe(0);
  });

  it('survive being written and read', async () => {
    const features = await served(traced(20), traced(10));
    const read = ServedFeatures.fromTensors(features.toTensors(), description);
    for (const slate of [0, 1]) expect(overwritten(read, slate)).toEqual(overwritten(features, slate));
    expect(ServedFeatures.fromTensors(ServedFeatures.none().toTensors(), description).usedCount).toBe(0);
  });

  it('are not asked for where nothing was shown', async () => {
    const slateLog = {} as SlateLogReader;
    const options = { description, slateLog, events: { userIds: [] } as never, shown: nothingShown() };
    expect((await ServedFeatures.read(options)).usedCount).toBe(0);
  });
});
