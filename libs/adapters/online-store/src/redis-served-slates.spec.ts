import { randomUUID } from 'node:crypto';
import {
  ordinal,
  releaseVersion,
  slateId,
  surfaceName,
  userId,
  type Exposure,
  type ServedSlate,
  type SlateTrace,
} from '@winnow/domain';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createOnlineStore, type OnlineStore } from './create-online-store';
import { CONSUMER_GROUPS } from './store-keys';

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

const trace: SlateTrace = {
  query: { interactions: [], seedOrdinals: [ordinal(3)], context: { device: 'tv' }, hasQueryVector: false },
  ...{ userStateAsOf: '5-1', featuresAsOf: { events: '6-0', catalog: '0' } },
  removed: [{ filter: 'seen', count: 3 }],
  ...{ heads: ['click'], featureNames: ['a', 'b'] },
  candidates: {
    ordinals: Uint32Array.of(7, 4_294_967_295),
    lightScores: Float32Array.of(0.1, NaN),
    heavyScores: Float32Array.of(1 / 3),
    headValues: Float32Array.of(-0),
    features: Float32Array.of(1e-30, 3.4e38),
    provenance: {
      candidates: Uint32Array.of(0, 1, 1),
      sources: Uint8Array.of(0, 0, 1),
      sourceNames: ['two-tower', 'fresh'],
      ranks: Uint32Array.of(0, 1, 499),
      scores: Float32Array.of(0.9, 0.8, 0.7),
    },
  },
};

const openStore = (options: { readonly slateStreamMax?: number } = {}): OnlineStore =>
  createOnlineStore({
    url: inject('redisUrl'),
    description: { namespace: `slates-${randomUUID()}`, events: [] },
    ...options,
  });

/** The next `count` slates that the archive is given. */
async function archived(store: OnlineStore, count: number): Promise<readonly ServedSlate[]> {
  const slates: ServedSlate[] = [];
  const consumer = store
    .slateConsumer({ group: CONSUMER_GROUPS.archive })
    .run(async (batch) => void slates.push(...batch));
  await expect.poll(() => slates.length, { timeout: 5_000 }).toBe(count);
  await consumer.stop();
  return slates;
}

describe('served slates in Redis', () => {
  let store: OnlineStore;
  beforeAll(() => {
    store = openStore();
  });
  afterAll(() => store.close());

  it('reach the archive as they were sent, traces to the last bit', async () => {
    const sent = [slateOf('a'), slateOf('b', { trace }), slateOf('c', { userId: userId('u2') })];
    for (const slate of sent) expect((await store.servedSlates.append(slate)).ok).toBe(true);
    expect(await archived(store, 3)).toEqual(sent);
  });

  it('are refused while so many wait for the archive, and taken again once it has caught up', async () => {
    const bounded = openStore({ slateStreamMax: 2 });
    for (const id of ['a', 'b']) expect((await bounded.servedSlates.append(slateOf(id))).ok).toBe(true);
    expect(await bounded.servedSlates.append(slateOf('c'))).toMatchObject({
      ok: false,
      error: { component: 'served-slate-log', reason: 'the stream is full: the archive is behind' },
    });
    await archived(bounded, 2);
    const status = (await bounded.streamStatus()).find(({ stream }) => stream === 'slates');
    expect(status?.groups).toMatchObject([{ name: 'archive', pendingCount: 0 }]);
    await bounded.close();
  });

  it('leave the stream once the archive has them', async () => {
    const trimmed = openStore();
    // Redis trims in whole nodes of a hundred entries.
    for (let index = 0; index < 250; index += 1) await trimmed.servedSlates.append(slateOf(`s${index}`));
    expect(await trimmed.trimSlates()).toBe(0);
    await archived(trimmed, 250);
    expect(await trimmed.trimSlates()).toBeGreaterThanOrEqual(100);
    await trimmed.close();
  });

  it('go with their user, and one sent before the erasure does not come back', async () => {
    const leaver = userId('leaver');
    await store.servedSlates.append(slateOf('d', { userId: leaver }));
    await store.servedSlates.append(slateOf('stays'));
    const erased = await store.catalog.deleteUser(leaver);
    expect(erased).toContainEqual({ store: 'slate-stream', count: 1 });
    await store.servedSlates.append(slateOf('e', { userId: leaver, servedAtMs: Date.now() - 60_000 }));
    expect((await archived(store, 1)).map((slate) => slate.slateId)).toEqual(['stays']);
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
    const read = async (experiment: string): Promise<readonly Exposure[]> => {
      const all: Exposure[] = [];
      for await (const batch of store.servedSlates.exposures(experiment)) all.push(...batch);
      return all;
    };
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
