import { ExactIndex } from '@winnow/ann-index';
import type { Description } from '@winnow/domain';
import { FeatureSet, LinearWeights } from '@winnow/features';
import type { RankingExamples } from '@winnow/models';
import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeRankingExamples, refreshed } from './example-stage';
import { frameUpTo, splitIndex } from './frame';
import type { RunFrame } from './frame';
import { buildItemRelations } from './item-relations';
import { smallWorld, type SmallWorld } from './protocols/small-world.fixture';
import type { RetrievalKnowledge } from './ranking-examples';
import { encodeCatalogue, trainTower } from './towers';

let world: SmallWorld;
beforeAll(async () => {
  await startBackend({ forced: 'wasm' });
  world = await smallWorld();
});

describe('what retrieval knows while examples are made', () => {
  const cutoffs = async (from: number, to: number): Promise<{ cutoffs: number[]; builtAt: number[] }> => {
    const builtAt: number[] = [];
    const knowledgeAt = refreshed(from, to, async (event) => {
      builtAt.push(event);
      return { cutoff: event } as unknown as RetrievalKnowledge;
    });
    const seen: number[] = [];
    for (let event = from; event < to; event += 1)
      seen.push(((await knowledgeAt(event)) as unknown as { cutoff: number }).cutoff);
    return { cutoffs: seen, builtAt };
  };

  it('is built anew four times, and never from what is still to come', async () => {
    const { cutoffs: seen, builtAt } = await cutoffs(100, 180);
    expect(builtAt).toEqual([100, 120, 140, 160]);
    seen.forEach((cutoff, index) => expect(cutoff).toBeLessThanOrEqual(100 + index));
  });

  it('is built at least once, however few events there are', async () => {
    expect((await cutoffs(5, 6)).builtAt).toEqual([5]);
  });
});

const HOUR_MS = 3_600_000;

/** The same log, but what users turn to from the event at `index` on is another item. */
function withOtherFuture(frame: RunFrame, index: number, itemCount: number): RunFrame {
  const ordinals = frame.events.ordinals.map((ordinal, event) =>
    event < index ? ordinal : (ordinal + 37) % itemCount,
  );
  return { ...frame, events: { ...frame.events, ordinals } };
}

/** Queries asked before `timeMs`, with everything that rankers learn of them. */
function before(examples: RankingExamples, timeMs: number) {
  const count = examples.nowMs.findIndex((nowMs) => nowMs >= timeMs);
  const end = examples.groupOffsets[count];
  return {
    count,
    ordinals: examples.ordinals.slice(0, end),
    features: examples.features.slice(0, end * examples.featureCount),
    labels: examples.labels.slice(0, end * examples.headCount),
  };
}

/** Makes ranking examples of the small world from the newest 60 % of a log. */
async function exampleMaker(changes: Partial<Description['training']['ranker']> = {}) {
  const { description: usual, items, frame } = world;
  const { training } = usual;
  const ranker = {
    ...{ ...training.ranker, windowShare: 0.6, labelHorizonHours: 1, queryCountMax: 160 },
    ...changes,
  };
  const twoTower = { ...training.twoTower, epochsMax: 1 };
  const description = { ...usual, training: { ...training, ranker, twoTower } };
  const rankerIndex = splitIndex(frame.events.timesMs, ranker.windowShare);
  const featureSet = FeatureSet.compile(description, items);
  const shared = { description, items, featureSet, seed: 3 };
  const { model: baseTower } = await trainTower({ ...shared, frame: frameUpTo(frame, rankerIndex) });
  const baseVectors = await encodeCatalogue(baseTower, items);
  const examplesOf = (log: RunFrame): Promise<RankingExamples> =>
    makeRankingExamples({
      ...{ ...shared, frame: log, rankerIndex, baseTower, baseVectors },
      exactIndexOf: (vectors, dimension) => ExactIndex.fromVectors(vectors, dimension),
    });
  return { examplesOf, rankerIndex, featureSet };
}

describe('ranking examples', () => {
  it('are the same whatever happens after their labels, in every feature', async () => {
    const { items, frame } = world;
    const { examplesOf, rankerIndex, featureSet } = await exampleMaker();
    const { timesMs, count } = frame.events;
    // In the third of the four parts between refreshes, so that knowledge has been built anew before and after it.
    const changed = rankerIndex + Math.floor(0.6 * (count - rankerIndex));
    const past = await examplesOf(frame);
    const other = await examplesOf(withOtherFuture(frame, changed, items.ordinalLimit));

    const beforeChangeMs = timesMs[changed] - HOUR_MS;
    const untouched = before(past, beforeChangeMs);
    expect(untouched.count).toBeGreaterThan(10);
    expect(before(other, beforeChangeMs)).toEqual(untouched);
    expect(other.features).not.toEqual(past.features);
    for (const name of ['linear-sum', 'linear-recent', 'neighbour-sum']) {
      const column = featureSet.rankingFeatureNames.indexOf(name);
      const values = untouched.features.filter((_, at) => at % past.featureCount === column);
      expect(values.some((value) => value !== 0)).toBe(true);
    }
  });

  it('show a share of the users as if they had just come', async () => {
    const historyCounts = async (newUserShare: number): Promise<number[]> => {
      const { histories } = await (await exampleMaker({ newUserShare })).examplesOf(world.frame);
      return Array.from(histories.offsets.subarray(1), (end, query) => end - histories.offsets[query]);
    };
    const regulars = (counts: readonly number[]): number => counts.filter((count) => count > 5).length;
    expect(regulars(await historyCounts(0))).toBeGreaterThan(20);
    const newUsers = await historyCounts(1);
    expect(regulars(newUsers)).toBe(0);
    expect(new Set(newUsers)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });
});

describe('what items say of each other', () => {
  it('is learnt from positive events, and is the same after being written and read', async () => {
    const { description, frame } = world;
    const { linearWeights, neighbours } = await buildItemRelations(frame, description);
    const read = LinearWeights.fromTensors(linearWeights.toTensors());
    expect(read.rows).toEqual(linearWeights.rows);
    expect(linearWeights.size).toBeGreaterThan(50);
    expect(neighbours.pairCount).toBeGreaterThan(0);
    const none = { ...description.training, linearWeights: { regularisation: 200, itemCountMax: 0 } };
    const without = await buildItemRelations(frame, { ...description, training: none });
    expect(without.linearWeights.size).toBe(0);
    const hidden = {
      ...description,
      events: description.events.map((event) => ({ ...event, sentiment: 'negative' as const })),
    };
    expect((await buildItemRelations(frame, hidden)).linearWeights.size).toBe(0);
  });
});
