import { ExactIndex } from '@winnow/ann-index';
import { globalTimeSplit } from '@winnow/evaluation';
import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExactIndexOf, RunFolder } from '../ports';
import { smallWorld } from '../protocols/small-world.fixture';
import type { SmallWorld } from '../protocols/small-world.fixture';
import { folderInMemory } from '../run-folder.fixture';
import { measureTrial } from './measure-trial';
import { withBudget } from './trial-budget';

const exactIndexOf: ExactIndexOf = (vectors, dimension) => ExactIndex.fromVectors(vectors, dimension);

let world: SmallWorld;
beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
  world = await smallWorld();
});

type Training = SmallWorld['description']['training'];

const worldWith = (change: (training: Training) => Training): SmallWorld => ({
  ...world,
  description: { ...world.description, training: change(world.description.training) },
});

const measure = (
  { description, items, frame }: SmallWorld,
  { stage, kept }: { readonly stage: 'two-tower' | 'rankers'; readonly kept?: RunFolder },
) =>
  measureTrial({
    sources: { description, items, frame, exactIndexOf, kept },
    ...{ stage, share: 1, context: { seed: 2 } },
  });

describe('a trial', () => {
  it('never looks at the test window: what happens there changes nothing', async () => {
    const figures = await measure(world, { stage: 'two-tower' });
    const { events } = world.frame;
    const { test } = globalTimeSplit(events);
    const ordinals = events.ordinals.slice();
    ordinals.fill(events.ordinals[0], test.past.users.length);
    const changed = { ...world, frame: { ...world.frame, events: { ...events, ordinals } } };
    expect(await measure(changed, { stage: 'two-tower' })).toEqual(figures);
    expect(figures.objective).toBeGreaterThan(0);
    expect(figures.metrics['ndcgLow']).toBeLessThanOrEqual(figures.objective);
  });

  it('of rankers finds towers and examples of earlier trials, and gets the same figures with them', async () => {
    const kept = folderInMemory();
    const first = await measure(world, { stage: 'rankers', kept });
    expect(kept.written).toHaveLength(3);
    const again = await measure(world, { stage: 'rankers', kept });
    expect(again).toEqual(first);
    expect(await measure(world, { stage: 'rankers' })).toEqual(first);
    const quicker = worldWith((training) => ({
      ...training,
      ranker: { ...training.ranker, learningRate: 0.03 },
    }));
    expect((await measure(quicker, { stage: 'rankers', kept })).objective).not.toBe(first.objective);
    expect(kept.written).toHaveLength(3);
    const fewer = worldWith((training) => ({
      ...training,
      ranker: { ...training.ranker, candidateCount: 10 },
    }));
    await measure(fewer, { stage: 'rankers', kept });
    expect(kept.written.slice(3).map((name) => name.split('-')[0])).toEqual(['examples']);
  });
});

describe('a budget', () => {
  it('is a share of the epochs for towers, of the moments for rankers, and all of both when it is whole', () => {
    const { description } = worldWith((training) => ({
      ...training,
      twoTower: { ...training.twoTower, epochsMax: 9 },
      ranker: { ...training.ranker, queryCountMax: 6_000 },
    }));
    const third = { share: 1 / 3 };
    const tower = withBudget(description, { ...third, stage: 'two-tower' }).training;
    expect(tower.twoTower.epochsMax).toBe(3);
    const rankers = withBudget(description, { ...third, stage: 'rankers' }).training;
    expect([rankers.twoTower.epochsMax, rankers.ranker.queryCountMax]).toEqual([9, 2_000]);
    expect(withBudget(description, { share: 1, stage: 'funnel' })).toEqual(description);
  });
});
