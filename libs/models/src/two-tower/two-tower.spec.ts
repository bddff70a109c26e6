import { startBackend } from '@winnow/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  allOrdinals,
  clusterOf,
  content,
  EVENT_TYPES,
  ITEMS,
  nearest,
  plantedEvents,
  profile,
  queryWith,
} from '../planted-world.fixture';
import { trainTwoTower } from './train-two-tower';
import type { TwoTowerTrainingOptions } from './train-two-tower';
import { TwoTower } from './two-tower';

const sources = { content, profile };
/** In the catalogue, but in nobody's history. */
const UNSEEN = [77, 78, 79];

const options = (more: Partial<TwoTowerTrainingOptions> = {}): TwoTowerTrainingOptions => {
  const events = plantedEvents(120, 8);
  const keep = Array.from({ length: events.count }, (_, event) => event).filter(
    (event) => !UNSEEN.includes(events.ordinals[event]),
  );
  const pick = <T extends { [index: number]: number; length: number }>(column: T): T =>
    keep.reduce<T>(
      (out, event, at) => {
        out[at] = column[event];
        return out;
      },
      new (column.constructor as new (length: number) => T)(keep.length),
    );
  return {
    events: {
      count: keep.length,
      users: pick(events.users),
      ordinals: pick(events.ordinals),
      eventTypes: pick(events.eventTypes),
      timesMs: pick(events.timesMs),
      values: pick(events.values),
      userIds: events.userIds,
    },
    eventTypes: EVENT_TYPES,
    sources,
    catalogue: allOrdinals(),
    ...{ seed: 11, dimension: 16, historyCountMax: 10, epochsMax: 6, batchSize: 64, learningRate: 0.01 },
    ...{ temperature: 0.1, uniformNegativeCount: 32, idDropShare: 0.2, validationShare: 0.15 },
    ...more,
  };
};

const clusterShare = (items: readonly number[], cluster: number): number =>
  items.filter((item) => clusterOf(item) === cluster).length / items.length;

describe('TwoTower', () => {
  let model: TwoTower;
  let report: Awaited<ReturnType<typeof trainTwoTower>>['report'];
  beforeAll(async () => {
    await startBackend({ forced: 'wasm' });
    ({ model, report } = await trainTwoTower(options()));
  });

  it('learns that users stay in their cluster, and its loss falls', async () => {
    const vectors = await model.encodeItems(allOrdinals());
    for (let cluster = 0; cluster < 4; cluster += 1) {
      const query = await model.encodeQuery(queryWith(cluster, cluster + 8, cluster + 24));
      expect(clusterShare(nearest(query, vectors, 15), cluster)).toBeGreaterThan(0.9);
    }
    expect(report.losses[report.bestEpoch - 1]).toBeLessThan(0.8 * report.losses[0]);
    expect(report.validation.length).toBeGreaterThan(0);
    expect(report.metrics['twoTower.validation']).toBe(report.validation[report.bestEpoch - 1]);
  });

  it('places an item that nobody has taken beside its like, by content', async () => {
    const vectors = await model.encodeItems(allOrdinals());
    for (const unseen of UNSEEN) {
      expect(model.isTrainedOn(unseen)).toBe(false);
      const own = vectors.subarray(unseen * 16, unseen * 16 + 16);
      expect(clusterShare(nearest(own, vectors, 10), clusterOf(unseen))).toBeGreaterThan(0.9);
    }
  });

  it('gives unit vectors, also to an empty history', async () => {
    const norm = (vector: Float32Array): number => Math.hypot(...vector);
    expect(norm(await model.encodeQuery(queryWith()))).toBeCloseTo(1, 4);
    expect(norm(await model.encodeQuery(queryWith(1, 2, 3)))).toBeCloseTo(1, 4);
    const items = await model.encodeItems([0, 41, 4_000_000]);
    for (let item = 0; item < 3; item += 1)
      expect(norm(items.slice(item * 16, item * 16 + 16))).toBeCloseTo(1, 4);
  });

  it('encodes many queries as it encodes each alone', async () => {
    const queries = [
      queryWith(),
      queryWith(5),
      queryWith(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
      queryWith(7, 3),
    ];
    const together = await model.encodeQueries(queries);
    for (const [index, query] of queries.entries()) {
      const alone = await model.encodeQuery(query);
      alone.forEach((value, axis) => expect(together[index * 16 + axis]).toBeCloseTo(value, 5));
    }
  });

  it('tells histories apart by their order', async () => {
    const forwards = await model.encodeQuery(queryWith(0, 1, 2));
    const backwards = await model.encodeQuery(queryWith(2, 1, 0));
    expect(Math.max(...forwards.map((value, axis) => Math.abs(value - backwards[axis])))).toBeGreaterThan(
      1e-3,
    );
  });

  it('looks at no more history than it was trained with', async () => {
    const long = Array.from({ length: 30 }, (_, place) => place);
    const query = queryWith(...long);
    const recent = { ...query, history: query.history.slice(-10) };
    expect([...(await model.encodeQuery(query))].length).toBe(16);
    // The profile counts all interactions; with equal parity it is the same here.
    expect(await model.encodeQuery(query)).toEqual(await model.encodeQuery(recent));
  });

  it('is the same after saving and loading, and refuses what does not fit', async () => {
    const file = model.toTensors();
    const loaded = TwoTower.fromTensors(file, sources);
    const query = queryWith(9, 13, 5);
    expect(await loaded.encodeQuery(query)).toEqual(await model.encodeQuery(query));
    expect(await loaded.encodeItems([3, 79])).toEqual(await model.encodeItems([3, 79]));
    expect(() => TwoTower.fromTensors({ ...file, metadata: {} }, sources)).toThrow('no two-tower model');
    expect(() =>
      TwoTower.fromTensors(file, { ...sources, content: { ...content, contentRowCount: 9 } }),
    ).toThrow('tensor items/contents has 5 rows, the feature set needs 10');
  });

  it('without id rows places everything by content', async () => {
    const contentOnly = TwoTower.contentOnly(model.toTensors(), sources);
    expect(await contentOnly.encodeItems([79])).toEqual(await model.encodeItems([79]));
    expect(await contentOnly.encodeItems([3])).not.toEqual(await model.encodeItems([3]));
  });
});

describe('trainTwoTower', () => {
  const short = { epochsMax: 1, validationShare: 0 };

  it('gives the same model for the same seed, and another for another', async () => {
    const encode = async (seed: number): Promise<Float32Array> =>
      (await trainTwoTower(options({ ...short, seed }))).model.encodeItems([1, 2, 3]);
    const first = await encode(5);
    expect(await encode(5)).toEqual(first);
    expect(await encode(6)).not.toEqual(first);
  });

  it('goes on from a model, admitting items it has not met', async () => {
    const { model } = await trainTwoTower(options(short));
    const before = await model.encodeItems([0]);
    const later = plantedEvents(40, 6, 9);
    later.timesMs.forEach((time, event) => (later.timesMs[event] = time + 1e9));
    const { model: continued, report } = await trainTwoTower(
      options({ ...short, events: later, from: model }),
    );
    expect(continued).toBe(model);
    expect(report.losses).toHaveLength(1);
    expect(UNSEEN.some((ordinal) => continued.isTrainedOn(ordinal))).toBe(true);
    expect(await continued.encodeItems([0])).not.toEqual(before);
  });

  it('learns only from pairs since a moment, when it is told from when', async () => {
    const examples = async (learnFromMs?: number): Promise<number> => {
      const { model } = await trainTwoTower(options(short));
      const { report } = await trainTwoTower(options({ ...short, from: model, learnFromMs }));
      return report.exampleCount;
    };
    const { events } = options();
    const late = events.timesMs[Math.floor(0.8 * events.count)];
    const all = await examples();
    const some = await examples(late);
    expect(some).toBeGreaterThan(0.1 * all);
    expect(some).toBeLessThan(0.3 * all);
    expect(await examples(Infinity)).toBe(0);
  });

  it('follows the criterion of the caller and keeps its best epoch', async () => {
    const seen: Float32Array[] = [];
    const { model, report } = await trainTwoTower(
      options({
        epochsMax: 5,
        validationShare: 0,
        patience: 2,
        validate: async (current, epoch) => {
          seen.push(await current.encodeItems([1]));
          return epoch === 2 ? 1 : 0;
        },
      }),
    );
    expect(report.validation).toEqual([0, 1, 0, 0]);
    expect(report.bestEpoch).toBe(2);
    expect(await model.encodeItems([1])).toEqual(seen[1]);
  });

  it('reports progress with an estimate of what is left', async () => {
    const lines: { step: number; stepCount: number; etaMs: number; loss: number }[] = [];
    await trainTwoTower(options({ ...short, onProgress: (line) => lines.push(line) }));
    expect(lines).toHaveLength(lines[0].stepCount);
    expect(lines[lines.length - 1]).toMatchObject({ step: lines[0].stepCount, etaMs: 0 });
    expect(lines.every(({ loss }) => loss > 0)).toBe(true);
  });

  it('trains on every item, whether or not the catalogue lists it', async () => {
    const { report } = await trainTwoTower(options({ ...short, catalogue: Uint32Array.of(ITEMS + 5) }));
    expect(Number.isFinite(report.losses[0])).toBe(true);
  });
});
