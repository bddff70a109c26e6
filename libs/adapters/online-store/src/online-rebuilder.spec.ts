import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { itemId, ordinal, userId, type CatalogChange } from '@winnow/domain';
import { InMemoryEventLog, SAMPLE_EVENT_TYPES, trackedEvent } from '@winnow/testing';
import { createOnlineStore, StoreUnavailableError, type OnlineStore } from './index';

const SOON = { timeout: 5_000, interval: 10 };
const ADA = userId('ada');
const startedAtMs = Date.now();

describe('rebuilding the online store from the event log', () => {
  let redis: Redis;
  let store: OnlineStore;
  let log: InMemoryEventLog;

  const item = (id: string, title = id) => ({
    itemId: itemId(id),
    attributes: { title },
    available: true,
    firstSeenAtMs: 1_000,
  });
  const changesOf = async (count: number): Promise<CatalogChange[]> => {
    const got: CatalogChange[] = [];
    const tail = store.catalogFeed.tail('0', (changes) => got.push(...changes));
    await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(count), SOON);
    await tail.stop();
    return got;
  };
  const loseEverything = async (): Promise<void> => {
    const keys = await redis.keys(`${store.keys.prefix}*`);
    await redis.del(...keys);
  };
  /** What a user of the store can see. */
  /** Without its position: the log of this spec was not written from the stream. */
  const state = async (): Promise<unknown> => {
    const read = await store.state.userState(ADA);
    return read.ok ? { ...read.value, asOf: undefined } : read;
  };
  const visible = async (): Promise<unknown> => ({
    ordinals: await store.catalog.resolve(['a', 'b', 'c', 'd'].map(itemId)),
    items: await Promise.all(['a', 'b', 'c', 'd'].map((id) => store.catalog.getItem(itemId(id)))),
    state: await state(),
    user: await store.catalog.getUser(ADA),
  });

  /** Six changes and three events, all of them archived. */
  const live = async (): Promise<void> => {
    await store.catalog.upsertItems([item('a'), item('b'), item('c')]);
    await store.catalog.upsertItems([item('a', 'A, second edition')]);
    await store.catalog.deleteItems(['b', 'c'].map(itemId));
    await store.catalog.upsertItems([item('b', 'b is back')]);
    await store.catalog.upsertUsers([{ userId: ADA, attributes: { country: 'PT' } }]);
    await log.appendCatalogChanges(await changesOf(8));
    const events = [1, 2, 3].map((number) => trackedEvent({ item: number, timeMs: startedAtMs + number }));
    await store.events.append(events);
    await store.stateWriter.apply(events);
    await log.appendEvents([...events, events[0]]);
  };

  beforeAll(() => {
    redis = new Redis(inject('redisUrl'));
  });
  afterAll(() => redis.quit());
  beforeEach(() => {
    log = new InMemoryEventLog();
    store = createOnlineStore({
      url: inject('redisUrl'),
      description: { namespace: `spec-${randomUUID()}`, events: SAMPLE_EVENT_TYPES },
      readTimeoutMs: 2_000,
    });
  });
  afterEach(() => store.close());

  it('brings back ordinals, items, users and their interactions, and numbers on above them', async () => {
    await live();
    const before = await visible();
    const headBefore = await store.catalogFeed.head();
    await loseEverything();
    expect(await store.rebuilder.isEmpty()).toBe(true);

    const progress: number[] = [];
    const rebuilt = await store.rebuilder.rebuild({
      log,
      onProgress: ({ eventCount }) => progress.push(eventCount),
    });
    expect(rebuilt).toEqual({
      ok: true,
      value: { catalogChangeCount: 8, eventCount: 3, itemCount: 2, conflictCount: 0 },
    });
    expect(progress.at(-1)).toBe(3);
    expect(await visible()).toEqual(before);
    expect((await store.catalog.upsertItems([item('d')])).ordinals).toEqual([4]);
    expect(Number((await store.catalogFeed.head()).split('-')[0])).toBeGreaterThanOrEqual(
      Number(headBefore.split('-')[0]),
    );
  });

  it('keeps the next ordinal above those of deleted items', async () => {
    await store.catalog.upsertItems([item('a'), item('b')]);
    await store.catalog.deleteItems(['a', 'b'].map(itemId));
    await log.appendCatalogChanges(await changesOf(4));
    await loseEverything();
    await store.rebuilder.rebuild({ log });
    expect((await store.catalog.upsertItems([item('a')])).ordinals).toEqual([2]);
  });

  it('restores recent changes to the feed at their old places, and does not archive them again', async () => {
    await live();
    const changes = await changesOf(8);
    const cursor = `${changes[3].changedAtMs}-0`;
    await loseEverything();
    await store.rebuilder.rebuild({ log });
    const got = await changesOf(7);
    const ofItems = changes.filter(({ kind }) => kind !== 'user-upserted');
    expect(got).toEqual(ofItems);
    const later: CatalogChange[] = [];
    const tail = store.catalogFeed.tail(cursor, (more) => later.push(...more));
    await vi.waitFor(() => expect(later.at(-1)).toEqual(ofItems.at(-1)), SOON);
    await tail.stop();

    const archived: CatalogChange[] = [];
    store.catalogConsumer({ group: 'archive' }).run(async (more) => void archived.push(...more));
    await store.catalog.upsertItems([item('d')]);
    await vi.waitFor(() => expect(archived).toHaveLength(1), SOON);
    expect(archived[0]).toMatchObject({ item: { itemId: 'd' } });
  });

  it('refuses a store that holds something, and changes nothing then', async () => {
    await live();
    const before = await visible();
    const refused = await store.rebuilder.rebuild({ log });
    expect(refused).toMatchObject({ ok: false, error: { kind: 'client' } });
    expect(await visible()).toEqual(before);
    await redis.set(store.keys.rebuilding, '1');
    expect(await store.rebuilder.rebuild({ log, force: true })).toMatchObject({
      ok: false,
      error: { reason: 'another rebuild is running' },
    });
  });

  it('that died half-way is taken up again, and nothing is written or taken for unknown in between', async () => {
    await live();
    const before = await visible();
    const changes = await changesOf(8);
    await loseEverything();
    const failing = {
      streamCatalogChanges: () => log.streamCatalogChanges(),
      streamEvents: async function* () {
        throw new Error('disk gone');
      },
    };
    await expect(store.rebuilder.rebuild({ log: failing })).rejects.toThrow('disk gone');
    expect(await store.rebuilder.isEmpty()).toBe(true);
    await expect(store.catalog.upsertItems([item('d')])).rejects.toThrow('being rebuilt');
    await expect(store.catalog.deleteItems([itemId('a')])).rejects.toThrow('being rebuilt');
    await expect(store.catalog.resolve([itemId('a')])).rejects.toThrow(StoreUnavailableError);

    expect(await store.rebuilder.rebuild({ log })).toMatchObject({ ok: true });
    expect(await visible()).toEqual(before);
    const ordinals = (all: readonly CatalogChange[]): unknown =>
      all.flatMap((change) => (change.kind === 'item-upserted' ? [change.item.ordinal] : []));
    expect(ordinals((await changesOf(7)).slice(0, 7))).toEqual(ordinals(changes));
  });

  it('gives the same when it is forced again and again, with what was not archived yet', async () => {
    await live();
    await store.catalog.upsertItems([item('d', 'not archived')]);
    const late = trackedEvent({ item: 4, timeMs: Date.now() + 5 });
    const inStreamOnly = { ...late, itemId: itemId('d') };
    await store.events.append([inStreamOnly]);
    await store.stateWriter.apply([inStreamOnly]);
    const before = await visible();
    for (let round = 0; round < 2; round += 1) {
      const rebuilt = await store.rebuilder.rebuild({ log, force: true });
      expect(rebuilt).toMatchObject({ ok: true, value: { eventCount: 4, itemCount: 3, conflictCount: 0 } });
      expect(await visible()).toEqual(before);
    }
    expect((await store.catalog.upsertItems([item('e')])).ordinals).toEqual([5]);
  });

  it('tells what is logged from what is not within one millisecond', async () => {
    const changedAtMs = Date.now();
    const upserted = (id: string, number: number): CatalogChange => ({
      kind: 'item-upserted',
      item: { ...item(id), ordinal: ordinal(number) },
      changedAtMs,
    });
    const deleted: CatalogChange = {
      kind: 'item-deleted',
      ordinal: ordinal(0),
      itemId: itemId('c'),
      changedAtMs,
    };
    await log.appendCatalogChanges([upserted('c', 0), deleted, upserted('b', 1), upserted('c', 2)]);
    const stored = (id: string, number: number): string =>
      JSON.stringify({ upserted: { ...item(id), ordinal: number } });
    const entries = [
      stored('c', 0),
      JSON.stringify({ deleted: { ordinal: 0, itemId: 'c' } }),
      stored('b', 1),
      stored('c', 2),
      stored('d', 3),
    ];
    for (const [sequence, entry] of entries.entries())
      await redis.xadd(store.keys.catalog, `${changedAtMs}-${sequence}`, 'c', entry);
    expect(await store.rebuilder.rebuild({ log, force: true })).toMatchObject({
      ok: true,
      value: { itemCount: 3, conflictCount: 0 },
    });
    expect(await store.catalog.resolve(['a', 'b', 'c', 'd'].map(itemId))).toEqual([null, 1, 2, 3]);
  });

  it('counts an unarchived item whose ordinal belongs to another one, and leaves it out', async () => {
    await live();
    await loseEverything();
    await store.catalog.upsertItems([item('upstart')]);
    const rebuilt = await store.rebuilder.rebuild({ log, force: true });
    expect(rebuilt).toMatchObject({ ok: true, value: { itemCount: 2, conflictCount: 1 } });
    expect(await store.catalog.resolve(['a', 'upstart'].map(itemId))).toEqual([0, null]);
  });
});
