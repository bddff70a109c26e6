import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { itemId, userId, type TrackedEvent } from '@winnow/domain';
import { SAMPLE_EVENT_TYPES, trackedEvent } from '@winnow/testing';
import { takeOverCount } from './idle-entries';
import { CONSUMER_GROUPS, createOnlineStore, type OnlineStore } from './index';

const SOON = { timeout: 5_000, interval: 10 };
const idsOf = (events: readonly TrackedEvent[]): string[] => events.map(({ eventId }) => eventId);

let redis: Redis;
let store: OnlineStore;
let nowMs: number;
let namespace: string;

beforeAll(() => {
  redis = new Redis(inject('redisUrl'));
});
afterAll(() => redis.quit());
beforeEach(() => {
  nowMs = Date.now();
  namespace = `spec-${randomUUID()}`;
  store = open();
});
afterEach(() => store.close());

function open(): OnlineStore {
  return createOnlineStore({
    url: inject('redisUrl'),
    description: { namespace, events: SAMPLE_EVENT_TYPES },
    readTimeoutMs: 2_000,
    eventRetentionMs: 60_000,
    clock: { nowMs: () => nowMs, monotonicMs: () => performance.now() },
  });
}

/** Takes events for a consumer that then dies: they stay pending. */
const takeAsDeadConsumer = (group: string, count: number): Promise<unknown> =>
  redis.xreadgroup('GROUP', group, 'dead', 'COUNT', count, 'STREAMS', store.keys.events, '>');

describe('a consumer group', () => {
  it('takes over what a dead consumer held, and forgets no event', async () => {
    const events = [trackedEvent(), trackedEvent(), trackedEvent()];
    await store.events.append(events);
    await redis.xgroup('CREATE', store.keys.events, 'g', '0');
    await takeAsDeadConsumer('g', 2);
    const got: string[] = [];
    store.eventConsumer({ group: 'g', claimIdleMs: 20 }).run(async (batch) => void got.push(...idsOf(batch)));
    await vi.waitFor(() => expect([...got].sort()).toEqual(idsOf(events).sort()), SOON);
    await vi.waitFor(async () => expect((await redis.xpending(store.keys.events, 'g'))[0]).toBe(0), SOON);
  });

  it('leaves alone what a living consumer has held for less than the idle time', async () => {
    await store.events.append([trackedEvent({ id: 'held' }), trackedEvent({ id: 'free' })]);
    await redis.xgroup('CREATE', store.keys.events, 'g', '0');
    await takeAsDeadConsumer('g', 1);
    const got: string[] = [];
    store
      .eventConsumer({ group: 'g', claimIdleMs: 60_000 })
      .run(async (batch) => void got.push(...idsOf(batch)));
    await vi.waitFor(() => expect(got).toEqual(['free']), SOON);
    expect((await redis.xpending(store.keys.events, 'g'))[0]).toBe(1);
  });

  it('gives up on an entry that killed whoever took it, with the reason', async () => {
    await store.events.append([trackedEvent({ id: 'deadly' })]);
    await redis.xgroup('CREATE', store.keys.events, 'g', '0');
    await takeAsDeadConsumer('g', 1);
    for (let death = 0; death < 3; death += 1) await redis.xautoclaim(store.keys.events, 'g', 'dead', 0, '0');
    const handle = vi.fn(async () => {});
    store.eventConsumer({ group: 'g', claimIdleMs: 1, deliveriesMax: 3 }).run(handle);
    await vi.waitFor(async () => expect(await store.deadLetters.count()).toBe(1), SOON);
    const [letter] = await store.deadLetters.list(10);
    expect(letter).toMatchObject({ group: 'g', reason: 'every consumer that took it died' });
    expect(letter.fields['e']).toContain('deadly');
    expect(handle).not.toHaveBeenCalled();
  });

  it('takes over whole batches at first, and one entry before it gives up', () => {
    const counts = (deliveriesMax: number, batchCountMax: number): number[] =>
      Array.from({ length: deliveriesMax - 1 }, (_, index) =>
        takeOverCount({ deliveries: index + 1, deliveriesMax, batchCountMax }),
      );
    expect(counts(10, 10_000)).toEqual([10_000, 10_000, 10_000, 10_000, 1_585, 252, 40, 7, 1]);
    expect(counts(5, 1_000)).toEqual([1_000, 1_000, 32, 1]);
    expect(counts(2, 500)).toEqual([1]);
  });

  it('finds the entry that kills its consumers, and buries no other with it', async () => {
    const events = Array.from({ length: 60 }, (_, index) => trackedEvent({ id: `e${index}` }));
    await store.events.append(events);
    const got = new Set<string>();
    const lives: OnlineStore[] = [];
    let bury: () => void = () => {};
    const buried = new Promise<void>((resolve) => (bury = resolve));
    for (let died = true; died && lives.length < 12;) {
      died = false;
      const life = open();
      lives.push(life);
      life
        .eventConsumer({ group: 'g', claimIdleMs: 1, deliveriesMax: 5, batchCountMax: 50 })
        .run(async (batch) => {
          died = idsOf(batch).includes('e37');
          // It neither handles nor fails: what a dead process does.
          if (died) return buried;
          for (const id of idsOf(batch)) got.add(id);
        });
      await vi.waitFor(async () => {
        const settled = got.size === 59 && (await store.deadLetters.count()) === 1;
        expect(died || settled).toBe(true);
      }, SOON);
    }
    expect(got.size).toBe(59);
    expect((await store.deadLetters.list(10)).map(({ fields }) => fields['e'])).toEqual([
      expect.stringContaining('e37'),
    ]);
    bury();
    for (const life of lives) await life.close();
  });

  it('takes over what many deaths have touched in few pieces, and counts no delivery beyond the safe number', async () => {
    const events = Array.from({ length: 400 }, (_, index) => trackedEvent({ id: `e${index}` }));
    await store.events.append(events);
    await redis.xgroup('CREATE', store.keys.events, 'g', '0');
    await takeAsDeadConsumer('g', 400);
    for (let death = 0; death < 3; death += 1)
      await redis.xautoclaim(store.keys.events, 'g', 'dead', 0, '0', 'COUNT', 400);
    const pieces: number[] = [];
    let deliveriesOfLast: unknown;
    store
      .eventConsumer({ group: 'g', claimIdleMs: 20, deliveriesMax: 5, batchCountMax: 1_000 })
      .run(async (batch) => {
        pieces.push(batch.length);
        [[, , , deliveriesOfLast]] = (await redis.xpending(
          store.keys.events,
          'g',
          '-',
          '+',
          1,
        )) as unknown[][];
      });
    await vi.waitFor(() => expect(pieces.reduce((sum, size) => sum + size, 0)).toBe(400), SOON);
    expect(pieces).toEqual([1, 4, 16, 64, 256, 59]);
    expect(deliveriesOfLast).toBe(4);
  });

  it('lags by nothing once it was given the newest entry, also when Redis has lost count', async () => {
    await store.events.append([trackedEvent(), trackedEvent(), trackedEvent()]);
    await redis.xgroup('CREATE', store.keys.events, 'g', '0');
    const lag = async (): Promise<number | null | undefined> =>
      (await store.streamStatus())[0].groups.find(({ name }) => name === 'g')?.lagCount;
    expect(await lag()).toBe(3);
    const [[newest]] = await redis.xrevrange(store.keys.events, '+', '-', 'COUNT', 1);
    // What a restart from the append-only file may leave behind.
    await redis.call('XGROUP', 'SETID', store.keys.events, 'g', newest, 'ENTRIESREAD', 1);
    expect(String(await redis.xinfo('GROUPS', store.keys.events))).toContain('lag,2');
    expect(await lag()).toBe(0);
  });

  it('puts an unreadable entry aside and goes on', async () => {
    await redis.xadd(store.keys.events, '*', 'u', 'ada', 'e', '{"eventId":');
    await redis.xadd(store.keys.events, '*', 'something', 'else');
    await store.events.append([trackedEvent({ id: 'good' })]);
    const got: string[] = [];
    const tailed: string[] = [];
    store.eventConsumer({ group: 'g' }).run(async (batch) => void got.push(...idsOf(batch)));
    store.eventFeed.tail('0', (batch) => tailed.push(...idsOf(batch)));
    await vi.waitFor(() => expect([got, tailed]).toEqual([['good'], ['good']]), SOON);
    const letters = await store.deadLetters.list(10);
    expect(letters.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('unreadable: stream entry without field'),
      expect.stringContaining('unreadable:'),
    ]);
  });

  it('waits for a failure of the surroundings to pass, however often it is met', async () => {
    let outages = 6;
    let deliveries: unknown;
    const got: string[] = [];
    store
      .eventConsumer({
        group: 'g',
        deliveriesMax: 2,
        retryFirstMs: 1,
        isTransient: (thrown) => (thrown as Error).message === 'disk full',
      })
      .run(async (batch) => {
        if (outages-- > 0) throw new Error('disk full');
        [[, , , deliveries]] = (await redis.xpending(store.keys.events, 'g', '-', '+', 1)) as unknown[][];
        got.push(...idsOf(batch));
      });
    await store.events.append([trackedEvent({ id: 'patient' })]);
    await vi.waitFor(() => expect(got).toEqual(['patient']), SOON);
    expect(await store.deadLetters.count()).toBe(0);
    // Another consumer that takes it over must not think that it has killed its predecessors.
    expect(deliveries).toBe(1);
  });

  it('lets a batch grow while it may linger, up to its largest size', async () => {
    const batches: number[] = [];
    store
      .eventConsumer({ group: 'g', lingerMs: 300, batchCountMax: 5 })
      .run(async (batch) => void batches.push(batch.length));
    for (let count = 0; count < 7; count += 1) await store.events.append([trackedEvent()]);
    await vi.waitFor(() => expect(batches).toEqual([5, 2]), SOON);
  });

  it('handles what it has read before it stops, and leaves no consumer behind', async () => {
    const got: string[] = [];
    const member = store
      .eventConsumer({ group: 'g', lingerMs: 60_000, batchCountMax: 100 })
      .run(async (batch) => void got.push(...idsOf(batch)));
    await store.events.append([trackedEvent({ id: 'lingering' })]);
    await vi.waitFor(async () => expect((await redis.xpending(store.keys.events, 'g'))[0]).toBe(1), SOON);
    await member.stop();
    expect(got).toEqual(['lingering']);
    expect(await redis.xinfo('CONSUMERS', store.keys.events, 'g')).toEqual([]);
  });

  it('is made again after the stream was lost', async () => {
    const got: string[] = [];
    store.eventConsumer({ group: 'g', retryFirstMs: 5 }).run(async (batch) => void got.push(...idsOf(batch)));
    await store.events.append([trackedEvent({ id: 'before' })]);
    await vi.waitFor(() => expect(got).toEqual(['before']), SOON);
    await redis.del(store.keys.events);
    await store.events.append([trackedEvent({ id: 'after' })]);
    await vi.waitFor(() => expect(got).toEqual(['before', 'after']), SOON);
  });
});

describe('a dead letter', () => {
  it('is replayed for its group alone, with its first place, or dropped', async () => {
    let digests = false;
    const got: Record<string, TrackedEvent[]> = { weak: [], other: [] };
    const tailed: string[] = [];
    store.eventFeed.tail('0', (batch) => tailed.push(...idsOf(batch)));
    store.eventConsumer({ group: 'other' }).run(async (batch) => void got['other'].push(...batch));
    store.eventConsumer({ group: 'weak', deliveriesMax: 1, retryFirstMs: 1 }).run(async (batch) => {
      if (!digests) throw new Error('indigestible');
      got['weak'].push(...batch);
    });
    await store.events.append([trackedEvent({ id: 'one' }), trackedEvent({ id: 'two' })]);
    await vi.waitFor(async () => expect(await store.deadLetters.count()).toBe(2), SOON);
    const letters = await store.deadLetters.list(10);
    expect(letters.map(({ group, reason }) => [group, reason])).toEqual([
      ['weak', 'indigestible'],
      ['weak', 'indigestible'],
    ]);
    digests = true;
    const one = letters.find(({ fields }) => fields['e'].includes('one'))!;
    const two = letters.find(({ fields }) => fields['e'].includes('two'))!;
    expect(await store.deadLetters.replay(one)).toBe(true);
    expect(await store.deadLetters.replay(one)).toBe(false);
    expect(await store.deadLetters.drop(two.id)).toBe(true);
    expect(await store.deadLetters.drop(two.id)).toBe(false);
    await vi.waitFor(() => expect(idsOf(got['weak'])).toEqual(['one']), SOON);
    expect(got['weak'][0].cursor).toBe(one.entryId);
    await store.events.append([trackedEvent({ id: 'three' })]);
    await vi.waitFor(() => expect(tailed).toContain('three'), SOON);
    await vi.waitFor(() => expect(idsOf(got['other'])).toContain('three'), SOON);
    expect(tailed).toEqual(['one', 'two', 'three']);
    expect(idsOf(got['other'])).toEqual(['one', 'two', 'three']);
    expect(await store.deadLetters.count()).toBe(0);
  });
});

describe('trimming', () => {
  it('drops only what is old and what every group has acknowledged', async () => {
    const events = Array.from({ length: 1_000 }, () => trackedEvent());
    await store.events.append(events);
    const length = (): Promise<number> => redis.xlen(store.keys.events);
    nowMs += 120_000;
    expect(await store.trimStreams()).toBe(0);

    const { onlineState, archive } = CONSUMER_GROUPS;
    await redis.xgroup('CREATE', store.keys.events, onlineState, '$');
    expect(await store.trimStreams()).toBe(0);
    await redis.xgroup('CREATE', store.keys.events, archive, '0');
    await takeAsDeadConsumer(archive, 1_000);
    expect(await store.trimStreams()).toBe(0);
    expect(await length()).toBe(1_000);

    const pending = (await redis.xpending(store.keys.events, archive, '-', '+', 1_000)) as [string][];
    await redis.xack(store.keys.events, archive, ...pending.slice(0, 600).map(([id]) => id));
    const dropped = await store.trimStreams();
    expect(dropped).toBeGreaterThan(400);
    expect(dropped).toBeLessThanOrEqual(600);
    expect(await length()).toBe(1_000 - dropped);

    nowMs -= 120_000;
    await redis.xack(store.keys.events, archive, ...pending.map(([id]) => id));
    expect(await store.trimStreams()).toBe(0);
  });
});

describe('erasing a user', () => {
  const OTHERS = ['ada lovelace', 'xada', 'ada:seen'];

  it('leaves the id in no key and no value, pending and dead entries included', async () => {
    const receivedAtMs = nowMs;
    await store.catalog.upsertItems([
      { itemId: itemId('item-1'), attributes: {}, available: true, firstSeenAtMs: 0 },
    ]);
    await store.catalog.upsertUsers([{ userId: userId('zaphod-42'), attributes: { country: 'PT' } }]);
    const events = Array.from({ length: 2_500 }, (_, index) =>
      trackedEvent({
        id: `zaphod-42/${index}`,
        user: index % 2 === 0 ? 'zaphod-42' : OTHERS[index % 3],
        receivedAtMs,
      }),
    );
    await store.events.append(events);
    await store.stateWriter.apply(events);
    await redis.xgroup('CREATE', store.keys.events, 'g', '0');
    await takeAsDeadConsumer('g', 10);
    const member = store.eventConsumer({ group: 'poison', deliveriesMax: 1 }).run(async (batch) => {
      if (batch.some(({ eventId }) => eventId === 'zaphod-42/0')) throw new Error('no');
    });
    await vi.waitFor(async () => expect(await store.deadLetters.count()).toBe(1), SOON);
    await member.stop();

    const erased = await store.catalog.deleteUser(userId('zaphod-42'));
    expect(Object.fromEntries(erased.map(({ store: name, count }) => [name, count]))).toEqual({
      'online-state': 1,
      'slate-stream': 0,
      exposures: 0,
      'event-stream': 1_250,
      'event-stream-pending': 5,
      'catalog-stream': 1,
      'dead-letters': 1,
    });
    const text = (await everything()).replaceAll(/zaphod-42\/\d*[13579]"/g, '');
    expect(text).not.toContain('zaphod-42');
    expect(text).toContain('ada lovelace');
    expect(await redis.xlen(store.keys.events)).toBe(1_250);
  });

  it('tells the archive which users were erased when', async () => {
    await store.catalog.deleteUser(userId('ada'));
    const marks = await store.erasedAtMs(['ada', 'ben'].map(userId));
    expect([...marks]).toEqual([['ada', nowMs]]);
  });

  /** All keys and values of the namespace as text. */
  async function everything(): Promise<string> {
    const seen: unknown[] = [];
    for await (const keys of redis.scanStream({ match: `${store.keys.prefix}*`, count: 1_000 }))
      for (const key of keys as string[]) {
        const type = await redis.type(key);
        if (type === 'hash') seen.push(key, await redis.hgetall(key));
        else if (type === 'string') seen.push(key, await redis.get(key));
        else if (type === 'stream') seen.push(key, await redis.xrange(key, '-', '+'));
        else throw new Error(`key ${key} has the unexpected type ${type}`);
      }
    return JSON.stringify(seen).replaceAll('\\"', '"');
  }
});

describe('daily counters', () => {
  it('count positive events by day and item, and expire', async () => {
    const dayMs = Math.floor(nowMs / 86_400_000) * 86_400_000;
    await store.stateWriter.apply([
      trackedEvent({ item: 1, timeMs: dayMs }),
      trackedEvent({ item: 1, timeMs: dayMs + 1, user: 'ben' }),
      trackedEvent({ item: 2, timeMs: dayMs - 1 }),
      trackedEvent({ item: 3, timeMs: dayMs, type: 'dislike' }),
      trackedEvent({ item: 4, timeMs: dayMs - 365 * 86_400_000 }),
    ]);
    expect([...(await store.dailyPositives(dayMs))]).toEqual([[1, 2]]);
    expect([...(await store.dailyPositives(dayMs - 1))]).toEqual([[2, 1]]);
    const counters = await redis.keys(`${store.keys.dailyPositivesPrefix}*`);
    expect(counters).toHaveLength(2);
    for (const key of counters) expect(await redis.ttl(key)).toBeGreaterThan(28 * 86_400);
  });
});

describe('keys', () => {
  it('all carry the namespace, those of users a common prefix', async () => {
    await store.events.append([trackedEvent()]);
    await store.stateWriter.apply([trackedEvent(), trackedEvent({ user: 'ben' })]);
    const users = await redis.keys(`${store.keys.userPrefix}*`);
    expect(users.sort()).toEqual([store.keys.user(userId('ada')), store.keys.user(userId('ben'))]);
    expect(users[0].startsWith(store.keys.prefix)).toBe(true);
  });

  it('refuse a namespace that could be mistaken for a part of a key', () => {
    for (const bad of ['', 'a:b', 'a*', 'x'.repeat(65)])
      expect(() =>
        createOnlineStore({
          url: inject('redisUrl'),
          description: { namespace: bad, events: SAMPLE_EVENT_TYPES },
        }),
      ).toThrow(RangeError);
  });
});
