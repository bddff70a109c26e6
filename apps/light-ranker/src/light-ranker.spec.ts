import { randomUUID } from 'node:crypto';
import { releaseVersion } from '@winnow/domain';
import type { CallContext, QueryFeatures } from '@winnow/domain';
import type { RunningModelService } from '@winnow/model-serving';
import { GrpcRanker } from '@winnow/rpc-clients';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { RankerWorld } from '../../../libs/model-serving/src/ranker.fixture';
import { startLightRanker } from './composition-root';

const RELEASE = '20260101T000000Z-aaaaaa';
const SOON = { timeout: 20_000, interval: 25 };

describe('the light ranker', () => {
  let world: RankerWorld;
  let app: RunningModelService;
  let ranker: GrpcRanker;

  beforeAll(async () => {
    world = await RankerWorld.create(`spec-${randomUUID()}`, inject('redisUrl'));
    app = await startLightRanker(world.serviceOptions());
    ranker = new GrpcRanker({ address: app.address, component: 'light-ranker' });
  });
  afterAll(async () => {
    ranker?.close();
    await app?.stop(1000);
    await world?.close();
  });

  const context = (): CallContext => ({ requestId: 'spec', deadlineAtMs: performance.now() + 5000 });
  const query: QueryFeatures = {
    history: [],
    seedOrdinals: [],
    userAttributes: {},
    context: {},
    nowMs: 1_700_000_000_000,
  };

  it('listens before there is a release, and serves the first one that is promoted', async () => {
    expect(app.state()).toMatchObject({ ready: false, serving: null });
    await world.publish(RELEASE);
    await world.promote(RELEASE);
    await vi.waitFor(() => expect(app.state().ready, app.state().detail).toBe(true), SOON);
  });

  it('orders candidates without predictions of its own, each by itself', async () => {
    const ordinals = Uint32Array.from(world.ordinals);
    const request = { release: releaseVersion(RELEASE), query, ordinals, queryVector: null };
    const all = await ranker.rank(request, context());
    if (!all.ok) throw new Error(all.error.reason);
    expect(all.value.heads).toEqual([]);
    expect(all.value.headValues).toHaveLength(0);
    expect(all.value.scores).toHaveLength(ordinals.length);
    const reversed = await ranker.rank({ ...request, ordinals: ordinals.slice().reverse() }, context());
    if (!reversed.ok) throw new Error(reversed.error.reason);
    all.value.scores.forEach((score, row) =>
      expect(reversed.value.scores[ordinals.length - 1 - row]).toBeCloseTo(score, 5),
    );
  });
});
