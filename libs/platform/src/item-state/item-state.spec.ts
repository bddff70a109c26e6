import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CatalogItem,
  type Description,
  itemId,
  type Ordinal,
  ordinal,
  type StreamCursor,
  type VerifiedRelease,
} from '@winnow/domain';
import { ItemCounters, ItemTable, LinearWeights, NeighbourTable } from '@winnow/features';
import { readTensorFile, writeTensorFile } from '@winnow/model-registry';
import { InMemoryOnlineStore, sampleManifest, SAMPLE_EVENT_TYPES, trackedEvent } from '@winnow/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../telemetry/logger';
import { parseDescription } from '../config/load-description';
import { ItemState, type ItemStateOptions } from './item-state';
import { hasReached } from './stream-position';

const description: Description = {
  ...parseDescription(
    `namespace: spec
items: { title: title, attributes: { title: text } }
events: { purchase: { sentiment: positive } }
objectives: { buy: { event: purchase, weight: 1 } }`,
    'spec',
  ),
  events: SAMPLE_EVENT_TYPES,
};
const logger = createLogger({ service: 'spec', level: 'silent' });
const HALF_LIVES = { halfLivesHours: description.training.trendingHalfLifeHours };
const EPOCH_MS = 1_700_000_000_000;

const tea: CatalogItem = {
  ordinal: ordinal(0),
  itemId: itemId('tea'),
  attributes: { title: 'Tea' },
  available: true,
  firstSeenAtMs: EPOCH_MS,
};
const rum = { ...tea, ordinal: ordinal(2), itemId: itemId('rum'), attributes: { title: 'Rum' } };

let folder: string;
let store: InMemoryOnlineStore;
const states: ItemState[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-spec-items-'));
  store = new InMemoryOnlineStore({ description });
});
afterEach(async () => {
  for (const state of states.splice(0)) await state.stop();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** A release of tea and rum, tea bought once, in the files of the contract. */
async function release(cursors: { events: StreamCursor; catalog: StreamCursor }): Promise<VerifiedRelease> {
  const items = new ItemTable(description.items.attributes, 'title');
  items.upsert(tea);
  items.upsert(rum);
  const counters = new ItemCounters(HALF_LIVES);
  counters.apply(0, EPOCH_MS, 5);
  const neighbours = NeighbourTable.build({
    users: Uint32Array.of(0, 0, 1, 1),
    ordinals: Uint32Array.of(0, 2, 0, 2),
    timesMs: Float64Array.of(1, 2, 3, 4),
  });
  const linearWeights = new LinearWeights({
    vocabulary: Uint32Array.of(0, 2),
    offsets: Uint32Array.of(0, 1, 1),
    columns: Uint32Array.of(1),
    weights: Float32Array.of(0.5),
  });
  const vectors = { shape: [3, 2], data: Float32Array.of(1, 0, 0, 0, 0, 1) };
  const files = {
    items: items.toTensors(),
    counters: counters.toTensors(),
    neighbours: neighbours.toTensors(),
    'linear-weights': linearWeights.toTensors(),
    'item-vectors': { metadata: {}, tensors: { vectors } },
  };
  for (const [name, file] of Object.entries(files))
    await writeTensorFile(join(folder, `${name}.safetensors`), file);
  const manifest = { ...sampleManifest('20260101T000000Z-a', { cursors, dimension: 2 }), files: [] };
  return { manifest, filePath: (path) => join(folder, path) };
}

async function load(
  overrides: Partial<ItemStateOptions> = {},
  cursors = { events: '0', catalog: '0' },
): Promise<ItemState> {
  const state = await ItemState.load({
    release: overrides.release ?? (await release(cursors)),
    readTensorFile,
    catalogFeed: store.catalogFeed,
    eventFeed: store.eventFeed,
    description,
    logger,
    ...overrides,
  });
  states.push(state);
  return state;
}

const upsert = (id: string, title: string): Promise<unknown> =>
  store.catalog.upsertItems([
    { itemId: itemId(id), attributes: { title }, available: true, firstSeenAtMs: EPOCH_MS },
  ]);

describe('the live state of items', () => {
  it('begins with what the release holds', async () => {
    const state = await load();
    expect(state.items.title(2)).toBe('Rum');
    expect(state.counters.total(0)).toBe(5);
    expect([...state.neighbours.neighbours(0).ordinals]).toEqual([2]);
    expect([...state.linearWeights.rows.weights]).toEqual([0.5]);
    expect(state.vectors.vector(2)).toEqual(Float32Array.of(0, 1));
    expect(state.vectors.vector(1)).toBeNull();
    expect(state.vectors.vector(3)).toBeNull();
  });

  it('takes in catalogue changes as they happen, and tells of each after it is there', async () => {
    const upserted: string[] = [];
    const removed: Ordinal[] = [];
    const state: ItemState = await load({
      onItemUpserted: (item) => upserted.push(`${item.itemId}: ${state.items.title(item.ordinal)}`),
      onItemRemoved: (gone) => removed.push(gone),
    });
    await upsert('gin', 'Gin');
    await expect.poll(() => upserted).toEqual(['gin: Gin']);
    const gin = state.items.ordinalOf(itemId('gin'))!;
    await store.catalog.deleteItems([itemId('gin')]);
    await expect.poll(() => removed).toEqual([gin]);
    expect(state.items.has(gin)).toBe(false);
  });

  it('counts positive events by the value of their type, and no others', async () => {
    const state = await load();
    await store.events.append([
      trackedEvent({ item: 2, type: 'purchase', timeMs: EPOCH_MS, value: 100 }),
      trackedEvent({ item: 2, type: 'view', timeMs: EPOCH_MS }),
      trackedEvent({ item: 2, type: 'dislike', timeMs: EPOCH_MS }),
      trackedEvent({ item: 2, type: 'impression', timeMs: EPOCH_MS }),
    ]);
    expect(await state.caughtUp(5_000)).toBe(true);
    expect(state.counters.total(2)).toBe(5);
    expect(state.counters.total(0)).toBe(5);
  });

  it('goes on from the release’s cursors and applies nothing twice', async () => {
    await store.events.append([trackedEvent({ item: 0, type: 'purchase', timeMs: EPOCH_MS })]);
    await upsert('gin', 'Gin');
    const cursors = { events: await store.eventFeed.head(), catalog: await store.catalogFeed.head() };
    await store.events.append([trackedEvent({ item: 2, type: 'purchase', timeMs: EPOCH_MS })]);
    const state = await load({}, cursors);
    expect(await state.caughtUp(5_000)).toBe(true);
    expect(state.counters.total(0)).toBe(5);
    expect(state.counters.total(2)).toBe(5);
    expect(state.items.ordinalOf(itemId('gin'))).toBeNull();
    expect(state.cursors.events).toBe(await store.eventFeed.head());
  });

  it('takes in the next change when one cannot be indexed', async () => {
    const upserted: string[] = [];
    await load({
      onItemUpserted: (item) => {
        if (item.itemId === 'bad') throw new Error('cannot be encoded');
        upserted.push(item.itemId);
      },
    });
    await upsert('bad', 'Bad');
    await upsert('gin', 'Gin');
    await expect.poll(() => upserted).toEqual(['gin']);
  });

  it('leaves out the parts that a service does not need', async () => {
    await rm(join(folder, 'item-vectors.safetensors'), { force: true });
    const state = await load({ parts: ['counters'] });
    expect(state.counters.total(0)).toBe(5);
    expect(state.neighbours.neighbours(0).ordinals).toHaveLength(0);
    expect(state.linearWeights.size).toBe(0);
    expect(state.vectors.vector(0)).toBeNull();
    expect(state.vectors.dimension).toBe(2);
  });

  it('refuses a release without a part that the service needs, and says which file is missing', async () => {
    const made = await release({ events: '0', catalog: '0' });
    await rm(join(folder, 'linear-weights.safetensors'));
    await expect(load({ release: made })).rejects.toThrow('linear-weights.safetensors');
  });

  it('says that it is behind when the streams cannot be reached in time', async () => {
    const away = {
      tail: () => ({ stop: () => Promise.resolve() }),
      head: () => new Promise<never>(() => {}),
    };
    const state = await load({ catalogFeed: away, eventFeed: away });
    expect(await state.caughtUp(30)).toBe(false);
    const failing = { ...away, head: () => Promise.reject(new Error('ECONNREFUSED')) };
    const other = await load({ catalogFeed: failing, eventFeed: failing });
    expect(await other.caughtUp(5_000)).toBe(false);
    const unread = { ...away, head: () => Promise.resolve('5-1') };
    const late = await load({ catalogFeed: unread, eventFeed: unread });
    expect(await late.caughtUp(30)).toBe(false);
  });

  it('stays readable and changes no more once it is stopped', async () => {
    const state = await load();
    await state.stop();
    await upsert('gin', 'Gin');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(state.items.ordinalOf(itemId('gin'))).toBeNull();
    expect(state.items.title(0)).toBe('Tea');
  });
});

describe('live item vectors', () => {
  it('grow with items that arrive after the release', async () => {
    const { vectors } = await load();
    vectors.set(1, Float32Array.of(0.6, 0.8));
    for (let item = 3; item < 100; item += 1) vectors.set(item, Float32Array.of(item, -item));
    expect(vectors.vector(0)).toEqual(Float32Array.of(1, 0));
    expect(vectors.vector(1)).toEqual(Float32Array.of(0.6, 0.8));
    expect(vectors.vector(99)).toEqual(Float32Array.of(99, -99));
    expect(vectors.vector(100)).toBeNull();
    expect(() => vectors.set(1, new Float32Array(3))).toThrow('vectors have 2 numbers, not 3');
  });
});

describe('positions in a stream', () => {
  it.each([
    ['0', '0', true],
    ['5-1', '5-1', true],
    ['5-2', '5-10', false],
    ['6-0', '5-10', true],
    ['0', '5-1', false],
    ['1700000000001-0', '1700000000000-99', true],
  ])('%s has reached %s: %s', (reached, target, expected) => {
    expect(hasReached(reached, target)).toBe(expected);
  });
});
