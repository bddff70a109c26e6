import { ExactIndex } from '@winnow/ann-index';
import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExactIndexOf } from '../ports';
import { smallWorld } from '../protocols/small-world.fixture';
import type { SmallWorld } from '../protocols/small-world.fixture';
import { folderInMemory } from '../run-folder.fixture';
import { compareLightRanker } from './compare-light';
import { comparisonExamples } from './comparison-examples';
import { cpuMicrosecondsPerCandidate } from './request-cost';

const exactIndexOf: ExactIndexOf = (vectors, dimension) => ExactIndex.fromVectors(vectors, dimension);

beforeAll(() => startBackend({ forced: 'wasm' }));

/** One epoch of few moments teaches nothing that could be distilled. */
function patient(world: SmallWorld): SmallWorld {
  const { training } = world.description;
  const ranker = { ...training.ranker, epochsMax: 12, queryCountMax: 400, learningRate: 0.01 };
  return { ...world, description: { ...world.description, training: { ...training, ranker } } };
}

describe('the light ranker beside the heavy one', () => {
  it('keeps more of its best than a random quarter would, on candidates of later moments', async () => {
    let cpuMs = 0;
    const options = { ...patient(await smallWorld()), exactIndexOf, seed: 1, run: folderInMemory() };
    const examples = await comparisonExamples(options);
    const figures = await compareLightRanker(examples, { ...options, cpuMs: () => (cpuMs += 1) });
    expect(figures.agreement).toBeGreaterThan(0.3);
    expect(figures.agreement).toBeLessThanOrEqual(1);
    // The clock went on by one millisecond for each, over as many candidates as were asked about.
    expect(figures.lightMicroseconds).toBeGreaterThan(0);
    expect(figures.lightMicroseconds).toBeLessThanOrEqual(figures.heavyMicroseconds);
    const asked: number[] = [];
    const counting = {
      heads: [],
      rank: async ({ ordinals }: { ordinals: Uint32Array }) => {
        asked.push(ordinals.length);
        return { scores: new Float32Array(ordinals.length), headValues: new Float32Array(0) };
      },
    };
    const cost = { candidateCount: 5, cpuMs: () => (cpuMs += 1) };
    expect(await cpuMicrosecondsPerCandidate(counting, examples.ask, cost)).toBeCloseTo(1_000 / (500 * 5), 9);
    expect(Math.max(...asked)).toBe(5);
  });
});
