import { randomUUID } from 'node:crypto';
import { credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { rankingV1 } from '@winnow/contracts';
import { ordinal, RELEASE_NOT_LOADED, releaseVersion } from '@winnow/domain';
import type { CallContext, QueryFeatures, RankedFeatures, RankReply } from '@winnow/domain';
import type { RunningModelService } from '@winnow/model-serving';
import { GrpcRanker, isServing } from '@winnow/rpc-clients';
import { trackedEvent } from '@winnow/testing';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { itemNumber, RankerWorld } from '../../../libs/model-serving/src/ranker.fixture';
import { startHeavyRanker } from './composition-root';

const FIRST = '20260101T000000Z-aaaaaa';
const SPOILED = '20260102T000000Z-bbbbbb';
const SECOND = '20260103T000000Z-cccccc';
const NOW_MS = 1_700_000_000_000;
const SOON = { timeout: 20_000, interval: 25 };

describe('the heavy ranker', () => {
  let world: RankerWorld;
  let app: RunningModelService;
  let ranker: GrpcRanker;
  let client: rankingV1.RankingServiceClient;

  beforeAll(async () => {
    world = await RankerWorld.create(`spec-${randomUUID()}`, inject('redisUrl'));
    await world.publish(FIRST);
    await world.promote(FIRST);
    app = await startHeavyRanker(world.serviceOptions());
    ranker = new GrpcRanker({ address: app.address, component: 'heavy-ranker' });
    client = new rankingV1.RankingServiceClient(app.address, credentials.createInsecure());
    await vi.waitFor(() => expect(app.state().ready, app.state().detail).toBe(true), SOON);
  });
  afterAll(async () => {
    ranker?.close();
    client?.close();
    await app?.stop(1000);
    await world?.close();
  });

  const context = (): CallContext => ({ requestId: 'spec', deadlineAtMs: performance.now() + 5000 });
  const query = (): QueryFeatures => ({
    history: [{ ordinal: ordinal(world.ordinals[3]), eventType: 1, timeMs: NOW_MS - 1000, value: 1 }],
    seedOrdinals: [],
    userAttributes: {},
    context: {},
    nowMs: NOW_MS,
  });
  async function rank(ordinals: readonly number[], release = app.state().serving!): Promise<RankReply> {
    const reply = await ranker.rank(
      {
        release: releaseVersion(release),
        query: query(),
        ordinals: Uint32Array.from(ordinals),
        queryVector: null,
      },
      context(),
    );
    if (!reply.ok) throw new Error(reply.error.reason);
    return reply.value;
  }
  const raw = (request: object): Promise<{ error: ServiceError | null; reply: rankingV1.RankResponse }> =>
    new Promise((resolve) =>
      client.rank(rankingV1.RankRequest.fromPartial(request), (error, reply) => resolve({ error, reply })),
    );

  it('returns its features as of the events that it has applied, when asked', async () => {
    const ordinals = Uint32Array.from(world.ordinals.slice(0, 4));
    const featuresOf = async () => {
      const reply = await ranker.rank(
        {
          ...{ release: releaseVersion(app.state().serving!), query: query(), ordinals },
          ...{ queryVector: null, returnFeatures: true },
        },
        context(),
      );
      if (!reply.ok || !reply.value.features) throw new Error('no features');
      return reply.value.features;
    };
    const popularityOf = ({ names, values }: RankedFeatures, row: number): number =>
      values[row * names.length + names.indexOf('popularity')];
    const before = await featuresOf();
    expect(before.names.length * ordinals.length).toBe(before.values.length);
    const liked = trackedEvent({ item: ordinals[1], type: 'purchase', timeMs: NOW_MS });
    await world.store.events.append([liked]);
    const head = await world.store.eventFeed.head();
    await vi.waitFor(async () => expect((await featuresOf()).asOf.events).toBe(head), SOON);
    expect(popularityOf(await featuresOf(), 1)).toBeGreaterThan(popularityOf(before, 1));
    expect(await rank([...ordinals])).not.toHaveProperty('features');
  });

  it('is healthy and says which release it serves once one is loaded', async () => {
    expect(await isServing(app.address)).toBe(true);
    expect(await ranker.status(context())).toEqual({
      ok: true,
      value: { loadedReleases: [FIRST], ready: true, backend: 'wasm' },
    });
  });

  it('answers one score and one prediction per head for each ordinal, whatever else is asked for', async () => {
    const heads = world.description.objectives.map(({ head }) => head);
    const all = await rank(world.ordinals);
    expect(all.heads).toEqual(heads);
    expect(all.scores).toHaveLength(world.ordinals.length);
    expect(all.headValues).toHaveLength(world.ordinals.length * heads.length);
    for (const value of all.headValues) expect(value > 0 && value < 1).toBe(true);
    const [alone] = (await rank([world.ordinals[7]])).scores;
    expect(alone).toBeCloseTo(all.scores[7], 5);
  });

  it('ranks nothing and unknown ordinals without an error', async () => {
    expect((await rank([])).scores).toHaveLength(0);
    expect(Number.isFinite((await rank([4_000_000])).scores[0])).toBe(true);
  });

  it('refuses a release that is not loaded, and what would harm it, by name', async () => {
    const good = { query: {}, ordinals: [world.ordinals[0]] };
    expect((await raw(good)).reply.release).toBe(FIRST);
    expect((await raw({ ...good, release: SECOND })).error).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: RELEASE_NOT_LOADED,
    });
    for (const [wrong, details] of [
      [{ query: undefined }, 'query: query is missing'],
      [{ ordinals: Array.from({ length: 5001 }, () => 1) }, 'ordinals: must be at most 5000, are 5001'],
      [{ queryVector: [1, 2] }, 'query_vector: must have 8 numbers, has 2'],
      [{ queryVector: [NaN, 0, 0, 0, 0, 0, 0, 0] }, 'query_vector: must be finite'],
      [
        { query: { historyOrdinals: [1], historyEventTypes: [9], historyTimesMs: [1], historyValues: [1] } },
        'query.history_event_types[0]: must be below 3, is 9',
      ],
    ] as const) {
      const { error } = await raw({ ...good, ...wrong });
      expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details });
    }
  });

  it('scores an item that arrives after the release by its content, within seconds', async () => {
    const [newItem] = (await world.store.catalog.upsertItems([itemNumber(9001)])).ordinals;
    const before = (await rank([newItem])).scores[0];
    await vi.waitFor(async () => expect((await rank([newItem])).scores[0]).not.toBe(before), SOON);
  });

  it('keeps the old release when a new one gives no finite scores, then swaps to a good one', async () => {
    await world.publish(SPOILED, {
      spoil: (tensors) => (tensors['heads/weight'].data as Float32Array).fill(NaN),
    });
    await world.promote(SPOILED);
    await vi.waitFor(() => expect(app.state().detail).toMatch(/golden check: .*not finite/), SOON);
    expect(app.state()).toMatchObject({ ready: true, serving: FIRST });
    await world.registry.rollBack();
    await world.publish(SECOND);
    await world.promote(SECOND);
    await vi.waitFor(() => expect(app.state().serving, app.state().detail).toBe(SECOND), SOON);
    expect((await rank([world.ordinals[0]], releaseVersion(FIRST))).release).toBe(FIRST);
    expect((await rank([world.ordinals[0]])).release).toBe(SECOND);
  });
});
