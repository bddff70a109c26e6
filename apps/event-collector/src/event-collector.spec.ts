import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { status, type ServiceError } from '@grpc/grpc-js';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { eventV1, type catalogV1 } from '@winnow/contracts';
import { releaseVersion, slateId, surfaceName, userId, type ServedSlate } from '@winnow/domain';
import { createEventLog } from '@winnow/event-log';
import { click, openBench, SOON, type CollectorBench, type Reply } from './event-collector.fixture';

const SECOND = { timeout: 1_000, interval: 10 };
const { EventStatus } = eventV1;

describe('the event collector', () => {
  let bench: CollectorBench;
  beforeEach(async () => {
    bench = await openBench();
    await bench.upsert([{ itemId: 'tea', attributes: { title: 'Tea', price: 3 } }, { itemId: 'milk' }]);
  });
  afterEach(() => bench.stop());

  it('changes the online state within a second of a tracked event, and logs it', async () => {
    const { response } = await bench.track([{}, { itemId: 'milk', eventType: 'view', value: 2.5 }]);
    expect(response).toMatchObject({ acceptedCount: 2, duplicateCount: 0, rejectedCount: 0 });
    await vi.waitFor(async () => {
      const { recentInteractions, seenOrdinals } = await bench.state('ada');
      expect(recentInteractions.map(({ eventType, value }) => [eventType, value])).toEqual([
        [1, 1],
        [0, 2.5],
      ]);
      expect([...seenOrdinals]).toEqual([0]);
    }, SECOND);
    await vi.waitFor(async () => expect(await bench.loggedCount('ada')).toBe(2), SOON);
  });

  it('counts an event id once, over batches and over a restart of the collector', async () => {
    const repeated = { eventId: 'once' };
    const first = await bench.track([repeated, repeated, {}]);
    expect(first.response.verdicts.map((verdict) => verdict.status)).toEqual([
      EventStatus.EVENT_STATUS_ACCEPTED,
      EventStatus.EVENT_STATUS_DUPLICATE,
      EventStatus.EVENT_STATUS_ACCEPTED,
    ]);
    expect(first.response.verdicts[2].eventId).toMatch(/^[0-9a-f-]{36}$/);
    await bench.stopCollector();
    await bench.start();
    expect((await bench.track([repeated])).response).toMatchObject({ acceptedCount: 0, duplicateCount: 1 });
    await vi.waitFor(async () => expect(await bench.loggedCount('ada')).toBe(2), SOON);
    expect((await bench.state('ada')).recentInteractions).toHaveLength(2);
  });

  it('gives each event its own verdict, with the field at fault', async () => {
    const { response } = await bench.track([
      { eventId: 'good' },
      { eventId: 'no-user', userId: '' },
      { eventId: 'no-type', eventType: 'clik' },
      { eventId: 'no-item', itemId: 'coffee' },
      { eventId: 'future', timeMs: Date.now() + 6 * 60_000 },
      { eventId: 'nan', value: NaN },
    ]);
    expect(response).toMatchObject({ acceptedCount: 1, rejectedCount: 5 });
    expect(response.verdicts.map(({ eventId, reason }) => [eventId, reason.split(':')[0]])).toEqual([
      ['good', ''],
      ['no-user', 'user_id'],
      ['no-type', 'event_type'],
      ['no-item', 'item_id'],
      ['future', 'time_ms'],
      ['nan', 'value'],
    ]);
    expect(response.verdicts[3].reason).toBe('item_id: unknown item coffee; upsert it first');
    expect(await bench.metrics()).toContain('winnow_events_total{verdict="rejected"} 5');
  });

  it('refuses more than 1,000 events, and takes none of them', async () => {
    const { error } = await bench.track(Array.from({ length: 1_001 }, () => ({})));
    expect(error).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: 'events: must be at most 1000, are 1001',
    });
    expect((await bench.track(Array.from({ length: 1_000 }, () => ({})))).response.acceptedCount).toBe(1_000);
    await vi.waitFor(
      async () =>
        expect(await bench.store.catalog.getUser(userId('ada'))).toMatchObject({
          interactionCount: 1_000,
        }),
      SOON,
    );
  });

  it('acknowledges each batch of a stream, in order', async () => {
    const stream = bench.events.trackStream();
    const replies: eventV1.TrackStreamResponse[] = [];
    stream.on('data', (reply: eventV1.TrackStreamResponse) => replies.push(reply));
    const ended = new Promise((resolve) => stream.on('end', resolve));
    for (const batch of [7, 8, 9])
      stream.write(
        eventV1.TrackStreamRequest.fromPartial({
          batch,
          events: [click({ eventId: `s-${batch}` }), click({ userId: '' })],
        }),
      );
    stream.end();
    await ended;
    expect(replies.map(({ batch }) => batch)).toEqual([7, 8, 9]);
    for (const { verdicts } of replies)
      expect(verdicts.map((verdict) => verdict.status)).toEqual([
        EventStatus.EVENT_STATUS_ACCEPTED,
        EventStatus.EVENT_STATUS_REJECTED,
      ]);
  });

  it('returns items and users as they were given, and says which it does not have', async () => {
    await new Promise((resolve) =>
      bench.catalog.upsertUsers({ users: [{ userId: 'ada', attributes: { country: 'PT' } }] }, resolve),
    );
    const item = await new Promise<Reply<catalogV1.GetItemResponse>>((resolve) =>
      bench.catalog.getItem({ itemId: 'tea' }, (error, response) => resolve({ error, response })),
    );
    expect(item.response).toEqual({
      item: { itemId: 'tea', attributes: { title: 'Tea', price: 3 }, available: true },
      ordinal: 0,
    });
    const user = await new Promise<Reply<catalogV1.GetUserResponse>>((resolve) =>
      bench.catalog.getUser({ userId: 'ada' }, (error, response) => resolve({ error, response })),
    );
    expect(user.response).toEqual({
      user: { userId: 'ada', attributes: { country: 'PT' } },
      interactionCount: 0,
    });
    const missing = await new Promise<ServiceError | null>((resolve) =>
      bench.catalog.getItem({ itemId: 'nothing' }, (error) => resolve(error)),
    );
    expect(missing).toMatchObject({ code: status.NOT_FOUND, details: 'item_id: there is no item nothing' });
    const deleted = await new Promise<Reply<catalogV1.DeleteItemsResponse>>((resolve) =>
      bench.catalog.deleteItems({ itemIds: ['tea', 'nothing', 'tea'] }, (error, response) =>
        resolve({ error, response }),
      ),
    );
    expect(deleted.response).toEqual({ deletedCount: 1, missingItemIds: ['nothing'] });
    expect((await bench.track([{}])).response.rejectedCount).toBe(1);
  });

  it.each<[string, readonly Partial<catalogV1.Item>[], string]>([
    [
      'NaN',
      [{ itemId: 'a' }, { itemId: 'b', attributes: { price: NaN } }],
      'items[1].attributes.price: must be a finite number',
    ],
    [
      'a wrong type',
      [{ itemId: 'a', attributes: { title: 7 } }],
      'items[0].attributes.title: must be a string',
    ],
    [
      'a short vector',
      [{ itemId: 'a', attributes: { vector: [1] } }],
      'items[0].attributes.vector: must have 2 numbers, has 1',
    ],
    [
      'an unknown attribute',
      [{ itemId: 'a', attributes: { colour: 'red' } }],
      'items[0].attributes.colour: unknown attribute; winnow.yaml has title, price, vector',
    ],
    ['an empty id', [{ itemId: 'a' }, { itemId: '' }], 'items[1].item_id: must not be empty'],
    [
      'a long id',
      [{ itemId: 'x'.repeat(257) }],
      'items[0].item_id: must have at most 256 characters, has 257',
    ],
    [
      '1,001 items',
      Array.from({ length: 1_001 }, (_, index) => ({ itemId: `i${index}` })),
      'items: must be at most 1000, are 1001',
    ],
  ])('refuses %s in an upsert, naming the field, and changes nothing', async (_what, items, details) => {
    const { error } = await bench.upsert(items);
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details });
    expect(await bench.store.catalog.resolve(['a', 'i0'] as never)).toEqual([null, null]);
  });

  it('writes served slates to the log, until their user is erased', async () => {
    const slateOf = (id: string, user: string): ServedSlate => ({
      ...{ slateId: slateId(id), userId: userId(user), sessionId: '', surface: surfaceName('home') },
      ...{ release: releaseVersion('20260101T000000Z-000001'), servedAtMs: Date.now() },
      ...{ degraded: [], arms: [], items: [] },
    });
    const logged = async (): Promise<string[]> => {
      const log = createEventLog({ folder: join(bench.folder, 'event-log') });
      const ids: string[] = [];
      for await (const slates of log.slates.stream()) ids.push(...slates.map((slate) => slate.slateId));
      await log.close();
      return ids;
    };
    await bench.store.servedSlates.append(slateOf('s1', 'ada'));
    await bench.store.servedSlates.append(slateOf('s2', 'ben'));
    await vi.waitFor(async () => expect(await logged()).toHaveLength(2), SOON);
    expect(await bench.metrics()).toContain(
      'winnow_stream_waiting_entries{stream="slates",group="archive"} 0',
    );
    await bench.deleteUser('ada');
    expect(await logged()).toEqual(['s2']);
  });

  it('erases a user from every store, and says what each one lost', async () => {
    const redis = new Redis(inject('redisUrl'));
    const id = 'zaphod-beeblebrox';
    await new Promise((resolve) =>
      bench.catalog.upsertUsers({ users: [{ userId: id, attributes: { country: 'PT' } }] }, resolve),
    );
    await bench.track([{ userId: id, eventId: `${id}/1` }, { userId: id }, {}]);
    await vi.waitFor(async () => expect(await bench.loggedCount(id)).toBe(2), SOON);
    await vi.waitFor(async () => expect((await bench.state(id)).recentInteractions).toHaveLength(2), SOON);

    const { response } = await bench.deleteUser(id);
    const counts = Object.fromEntries(response.erased.map(({ store, count }) => [store, count]));
    expect(counts).toMatchObject({ 'online-state': 1, 'event-stream': 2, 'catalog-stream': 1 });
    expect(counts['event-log']).toBeGreaterThanOrEqual(2);

    for await (const keys of redis.scanStream({ match: '*', count: 1_000 }))
      for (const key of keys as string[]) {
        expect(key).not.toContain(id);
        if (!key.startsWith(bench.store.keys.prefix)) continue;
        expect(await contentOf(redis, key), key).not.toContain(id);
      }
    expect(await bench.loggedCount(id)).toBe(0);
    expect(await filesContaining(bench.folder, id)).toEqual([]);
    expect((await bench.state('ada')).recentInteractions).toHaveLength(1);
    await redis.quit();
  });
});

async function contentOf(redis: Redis, key: string): Promise<string> {
  const type = await redis.type(key);
  if (type === 'hash') return JSON.stringify(await redis.hgetall(key));
  if (type === 'stream') return JSON.stringify(await redis.xrange(key, '-', '+'));
  return (await redis.get(key)) ?? '';
}

async function filesContaining(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path)).includes(text)) found.push(path);
  }
  return found;
}

describe('roles', () => {
  it('leave out what the process was not asked to do', async () => {
    const bench = await openBench(inject('redisUrl'), { roles: ['archive'] });
    const { error } = await bench.track([{}]);
    expect(error?.code).toBe(status.UNIMPLEMENTED);
    const groups = await vi.waitFor(async () => {
      const statuses = await bench.store.streamStatus();
      expect(statuses.every(({ groups }) => groups.length > 0)).toBe(true);
      return statuses.map(({ groups }) => groups.map(({ name }) => name));
    }, SOON);
    expect(groups).toEqual([['archive'], ['archive'], ['archive']]);
    await bench.stop();
  });
});
