import { ExactIndex } from '@winnow/ann-index';
import { systemClock } from '@winnow/domain';
import type { ComparisonPart } from '@winnow/evaluation';
import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExactIndexOf } from '../ports';
import { compareRankings } from './compare-rankings';
import { evaluateGlobalTime } from './global-time';
import { networkModels } from './models/network-models';
import { sequenceModels } from './models/sequence-models';
import { smallWorld } from './small-world.fixture';
import { globalTimeTask } from './tasks/global-time-task';

const exactIndexOf: ExactIndexOf = (vectors, dimension) => ExactIndex.fromVectors(vectors, dimension);

/** What says how long something took, and nothing about what came of it. */
const COSTS = new Set(['cost', 'durationMs', 'examplesPerSecond']);

const withoutCosts = (report: unknown): unknown =>
  JSON.parse(JSON.stringify(report, (key, value: unknown) => (COSTS.has(key) ? null : value)));

beforeAll(() => startBackend({ forced: 'wasm' }));

describe('a whole evaluation, trained from nothing twice', () => {
  it('prints the same numbers for the stages of the funnel', async () => {
    const run = async (): Promise<unknown> => {
      const world = await smallWorld();
      return withoutCosts(await evaluateGlobalTime({ ...world, exactIndexOf, seed: 1, ks: [10, 20] }));
    };
    expect(await run()).toEqual(await run());
  });

  it('prints the same numbers for networks side by side, and others for another seed', async () => {
    const run = async (): Promise<ComparisonPart> => {
      const world = await smallWorld();
      const task = globalTimeTask(world.frame.events, { userSlices: [], itemSlices: [] });
      const models = [...networkModels({ ...world, exactIndexOf }), ...sequenceModels()].filter(({ name }) =>
        ['two-tower', 'mean-pool'].includes(name),
      );
      const meters = { clock: systemClock, watchMemory: () => async () => null };
      return compareRankings(task, models, { seeds: [1, 2], meters });
    };
    const first = await run();
    expect(withoutCosts(await run())).toEqual(withoutCosts(first));
    for (const { runs } of first.models) expect(runs[1].metrics).not.toEqual(runs[0].metrics);
  });
});
