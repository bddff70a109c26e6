import { RankingExamplesBuilder } from '@winnow/models';
import type { RankingInput } from '@winnow/models';
import { describe, expect, it } from 'vitest';
import { cpuMicrosecondsPerCandidate } from './request-cost';

const FEATURES = 2;

/** Groups of these sizes; a candidate's features are its ordinal, twice. */
function examplesOf(sizes: readonly number[]) {
  const builder = new RankingExamplesBuilder({
    featureCount: FEATURES,
    headCount: 1,
    historyCountMax: 5,
    profileSource: {
      profileRowCount: 1,
      queryProfile: () => ({ rows: new Uint32Array(0), weights: new Float32Array(0) }),
    },
  });
  const query = { history: [], seedOrdinals: [], userAttributes: {}, context: {}, nowMs: 0 };
  for (const size of sizes) {
    const ordinals = Uint32Array.from({ length: size }, (_, index) => index);
    builder.add({
      ...{ query, ordinals, negativeRate: 1 },
      features: Float32Array.from({ length: FEATURES * size }, (_, at) => Math.floor(at / FEATURES)),
      labels: new Float32Array(size),
    });
  }
  return builder.build();
}

describe('the cost of a request', () => {
  it('is over as many candidates as were asked for, each with its own features, the warm-up left out', async () => {
    const asked: number[] = [];
    const model = {
      heads: [],
      async rank({ ordinals, features }: RankingInput) {
        expect(features).toHaveLength(FEATURES * ordinals.length);
        expect(features.at(-1)).toBe(ordinals.at(-1));
        asked.push(ordinals.length);
        return { scores: new Float32Array(ordinals.length), headValues: new Float32Array(0) };
      },
    };
    // A clock that goes on by what was asked: ten microseconds a candidate.
    const cpuMs = (): number => asked.reduce((sum, count) => sum + count, 0) / 100;
    const examples = examplesOf([8, 3, 20]);
    expect(await cpuMicrosecondsPerCandidate(model, examples, { candidateCount: 5, cpuMs })).toBeCloseTo(
      10,
      9,
    );
    expect([...new Set(asked)].toSorted()).toEqual([3, 5]);
    expect(asked.length).toBeGreaterThan(500);
  });
});
