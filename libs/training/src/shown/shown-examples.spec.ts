import { ExactIndex } from '@winnow/ann-index';
import { FeatureSet } from '@winnow/features';
import type { RankingExamples } from '@winnow/models';
import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeRankingExamples } from '../example-stage';
import { frameUpTo, splitIndex } from '../frame';
import { smallWorld, type SmallWorld } from '../protocols/small-world.fixture';
import { encodeCatalogue, trainTower } from '../towers';
import { nothingShown, shownFromTensors, shownToTensors, type ShownFrame } from './shown-frame';

const MINUTE_MS = 60_000;
const SLATE_SIZE = 5;

/** A slate a minute before every click since `fromIndex`: what was clicked, and four items that were left alone. */
function slatesBeforeClicks({ frame: { events }, items }: SmallWorld, fromIndex: number): ShownFrame {
  const clicks = Array.from({ length: events.count - fromIndex }, (_, at) => fromIndex + at).filter(
    (event) => events.eventTypes[event] === 0,
  );
  const rows = clicks.flatMap((event) =>
    Array.from({ length: SLATE_SIZE }, (_, place) => ({
      ordinal: (events.ordinals[event] + 31 * place) % items.ordinalLimit,
      takenAtMs: place === 0 ? events.timesMs[event] : NaN,
    })),
  );
  return {
    count: clicks.length,
    users: Uint32Array.from(clicks, (event) => events.users[event]),
    servedAtMs: Float64Array.from(clicks, (event) => events.timesMs[event] - MINUTE_MS),
    offsets: Uint32Array.from({ length: clicks.length + 1 }, (_, slate) => SLATE_SIZE * slate),
    ordinals: Uint32Array.from(rows, ({ ordinal }) => ordinal),
    positions: Uint8Array.from(rows, (_, row) => row % SLATE_SIZE),
    takenAtMs: Float64Array.from(rows, ({ takenAtMs }) => takenAtMs),
  };
}

describe('examples from what was shown', () => {
  let world: SmallWorld;
  let rankerIndex: number;
  let examplesOf: (shown?: ShownFrame) => Promise<RankingExamples>;
  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
    world = await smallWorld();
    const { description, items, frame } = world;
    rankerIndex = splitIndex(frame.events.timesMs, 0.4);
    const featureSet = FeatureSet.compile(description, items);
    const shared = { description, items, featureSet, seed: 3 };
    const { model: baseTower } = await trainTower({ ...shared, frame: frameUpTo(frame, rankerIndex) });
    const baseVectors = await encodeCatalogue(baseTower, items);
    examplesOf = (shown) =>
      makeRankingExamples({
        ...{ ...shared, frame, shown, rankerIndex, baseTower, baseVectors },
        exactIndexOf: (vectors, dimension) => ExactIndex.fromVectors(vectors, dimension),
      });
  });

  it('are bit for bit what they were where nothing is known of slates', async () => {
    const usual = await examplesOf();
    expect(usual.queryCount).toBeGreaterThan(10);
    expect(await examplesOf(nothingShown())).toEqual(usual);
  });

  it('are asked when the slate was served, hold what it showed, and tell what was taken from what was left', async () => {
    const shown = slatesBeforeClicks(world, rankerIndex);
    const examples = await examplesOf(shown);
    const { queryCount, nowMs, groupOffsets, ordinals, labels, headCount, histories } = examples;
    const { negativeRates, shown: marks } = examples;
    expect(queryCount).toBeGreaterThan(10);
    let left = 0;
    for (let query = 0; query < queryCount; query += 1) {
      const slate = shown.servedAtMs.indexOf(nowMs[query]);
      expect(slate).toBeGreaterThanOrEqual(0);
      const [from, to] = [groupOffsets[query], groupOffsets[query + 1]];
      const taken = ordinals.indexOf(shown.ordinals[SLATE_SIZE * slate], from);
      expect(taken).toBeLessThan(to);
      expect(labels[taken * headCount]).toBe(1);
      for (let row = from; row < to; row += 1) left += 1 - labels[row * headCount];
      const newest = histories.timesMs[histories.offsets[query + 1] - 1] ?? -Infinity;
      expect(newest).toBeLessThan(nowMs[query]);
      // Everything shown is there; of what was merely retrieved, a sample.
      const own = (values: ArrayLike<number>): number[] => Array.from(values).slice(from, to);
      const rates = (wanted: number): number[] =>
        own(negativeRates).filter((_, row) => own(marks)[row] === wanted);
      expect(new Set(rates(1)).size).toBe(1);
      expect(Math.max(0, ...rates(0))).toBeLessThanOrEqual(rates(1)[0]);
      expect(Math.min(1, ...rates(0))).toBeGreaterThan(0);
    }
    expect(left).toBeGreaterThan(4 * queryCount);
  });

  it('survive being written and read', () => {
    const shown = slatesBeforeClicks(world, rankerIndex);
    expect(shownFromTensors(shownToTensors(shown))).toEqual(shown);
  });
});
