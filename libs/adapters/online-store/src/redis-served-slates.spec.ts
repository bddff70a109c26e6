import { randomUUID } from 'node:crypto';
import {
  ordinal,
  releaseVersion,
  slateId,
  surfaceName,
  userId,
  type Exposure,
  type ServedSlate,
} from '@winnow/domain';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createOnlineStore, type OnlineStore } from './create-online-store';
import { SERVED_SLATES_MAX } from './redis-served-slates';

const slateOf = (id: string, extra: Partial<ServedSlate> = {}): ServedSlate => ({
  slateId: slateId(id),
  userId: userId('u1'),
  sessionId: 's1',
  surface: surfaceName('home'),
  release: releaseVersion('20260101T000000Z-000001'),
  servedAtMs: 1_000,
  degraded: ['heavy-ranker'],
  arms: [],
  items: [{ ordinal: ordinal(7), position: 0, score: 0.5, sources: ['two-tower'] }],
  ...extra,
});

async function batchesOf<T>(batches: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
}

describe('served slates in Redis', () => {
  let store: OnlineStore;
  beforeAll(() => {
    store = createOnlineStore({
      url: inject('redisUrl'),
      description: { namespace: `slates-${randomUUID()}`, events: [] },
    });
  });
  afterAll(() => store.close());

  it('come back as they were sent, newest first', async () => {
    await store.servedSlates.append(slateOf('a'));
    await store.servedSlates.append(slateOf('b'));
    expect(await store.servedSlates.recentSlates(userId('u1'))).toEqual([slateOf('b'), slateOf('a')]);
  });

  it('are capped per user', async () => {
    for (let count = 0; count < SERVED_SLATES_MAX + 5; count += 1)
      await store.servedSlates.append(slateOf(`c${count}`, { userId: userId('busy') }));
    expect(await store.servedSlates.recentSlates(userId('busy'))).toHaveLength(SERVED_SLATES_MAX);
  });

  it('go with their user, and one sent before the erasure does not come back', async () => {
    const leaver = userId('leaver');
    await store.servedSlates.append(slateOf('d', { userId: leaver }));
    const erased = await store.catalog.deleteUser(leaver);
    expect(erased).toContainEqual({ store: 'served-slates', count: 1 });
    await store.servedSlates.append(slateOf('e', { userId: leaver, servedAtMs: Date.now() - 60_000 }));
    expect(await store.servedSlates.recentSlates(leaver)).toEqual([]);
  });

  it('read as slates without arms when an earlier version wrote them', async () => {
    const { arms: _arms, ...old } = slateOf('old', { userId: userId('old') });
    const client = new Redis(inject('redisUrl'));
    await client.lpush(store.keys.servedSlates(old.userId), JSON.stringify(old));
    await client.quit();
    expect(await store.servedSlates.recentSlates(old.userId)).toEqual([{ ...old, arms: [] }]);
  });

  it('remember the first exposure to each experiment, and forget it with the user', async () => {
    const [one, other] = [userId('exposed-1'), userId('exposed 2')];
    const arms = [
      { experiment: 'wider', arm: 'wide' },
      { experiment: 'quick', arm: 'control' },
    ];
    const now = Date.now();
    await store.servedSlates.append(slateOf('x', { userId: one, servedAtMs: now, arms }));
    await store.servedSlates.append(slateOf('y', { userId: one, servedAtMs: now + 5, arms }));
    await store.servedSlates.append(
      slateOf('z', { userId: other, servedAtMs: now + 9, arms: arms.slice(0, 1) }),
    );
    const read = async (experiment: string): Promise<readonly Exposure[]> =>
      (await batchesOf(store.servedSlates.exposures(experiment))).flat();
    expect(await read('quick')).toEqual([{ userId: one, arm: 'control', firstAtMs: now }]);
    expect(new Set(await read('wider'))).toEqual(
      new Set([
        { userId: one, arm: 'wide', firstAtMs: now },
        { userId: other, arm: 'wide', firstAtMs: now + 9 },
      ]),
    );
    await store.catalog.deleteUser(one);
    expect(await read('quick')).toEqual([]);
  });

  it('can all be read, for reports', async () => {
    const batches = await batchesOf(store.servedSlates.allSlates());
    expect(batches.flat().filter(({ userId: id }) => id === userId('u1'))).toEqual([
      slateOf('b'),
      slateOf('a'),
    ]);
  });

  it('are refused with a value, not a throw, while Redis is away', async () => {
    const away = createOnlineStore({
      url: 'redis://127.0.0.1:1',
      writeTimeoutMs: 50,
      description: { namespace: 'away', events: [] },
    });
    expect(await away.servedSlates.append(slateOf('f'))).toMatchObject({
      ok: false,
      error: { component: 'online-store' },
    });
    await away.close();
  });
});
