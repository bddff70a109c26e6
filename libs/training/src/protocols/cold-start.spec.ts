import { ExactIndex } from '@winnow/ann-index';
import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { frameWithout } from '../frame';
import type { ExactIndexOf } from '../ports';
import { evaluateColdStart } from './cold-start';
import type { ColdStartReport } from './cold-start';
import { smallWorld } from './small-world.fixture';
import type { SmallWorld } from './small-world.fixture';

const exactIndexOf: ExactIndexOf = (vectors, dimension) => ExactIndex.fromVectors(vectors, dimension);

let world: SmallWorld;
let report: ColdStartReport;
beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
  world = withPlacesForNewItems(await smallWorld());
  report = await evaluateColdStart({ ...world, exactIndexOf, seed: 1, hideItems: 0.2, ks: [10, 20] });
});

function withPlacesForNewItems(small: SmallWorld): SmallWorld {
  const rerankers = [{ kind: 'new-items', slots: 1, window: 10, ageDaysMax: 30, positivesBelow: 5 } as const];
  const surfaces = small.description.surfaces.map((surface) => ({ ...surface, rerankers }));
  return { ...small, description: { ...small.description, surfaces } };
}

describe('what is new', () => {
  it('is found by content: one place in ten is for new items, and those that fit are in it more often than by chance', () => {
    const { hidden, vocabularyCount } = report;
    expect(hidden.itemCount).toBe(Math.round(0.2 * vocabularyCount));
    expect(hidden.userCount).toBeGreaterThan(20);
    for (const { k, funnel, random } of hidden.recall) {
      expect(random).toBeCloseTo(k / vocabularyCount, 12);
      const placeByChance = Math.ceil(k / 10) / hidden.itemCount;
      expect(funnel).toBeGreaterThan(1.5 * placeByChance);
    }
  });

  it('is a user whose three clicks are worth most of a history', () => {
    const { newUsers } = report;
    expect(newUsers.clickCount).toBe(3);
    for (const { full, newUser } of newUsers.recall) expect(newUser).toBeGreaterThan(0.8 * full);
  });

  it('is refused as a share that hides all or nothing', async () => {
    const options = { ...world, exactIndexOf, seed: 1, ks: [10] };
    await expect(evaluateColdStart({ ...options, hideItems: 1 })).rejects.toThrow(RangeError);
    await expect(evaluateColdStart({ ...options, hideItems: 0 })).rejects.toThrow(RangeError);
  });
});

describe('a frame without some items', () => {
  it('has all other events in their order, and leaves the first one as it was', () => {
    const { frame } = world;
    const before = frame.events.ordinals.slice();
    const hidden = new Set([frame.events.ordinals[0], frame.events.ordinals[7]]);
    const { events } = frameWithout(frame, hidden);
    const expected = Array.from(before, (ordinal, index) => [ordinal, frame.events.timesMs[index]]).filter(
      ([ordinal]) => !hidden.has(ordinal),
    );
    expect(Array.from(events.ordinals, (ordinal, index) => [ordinal, events.timesMs[index]])).toEqual(
      expected,
    );
    expect(events.count).toBe(expected.length);
    expect(frame.events.ordinals).toEqual(before);
  });
});
