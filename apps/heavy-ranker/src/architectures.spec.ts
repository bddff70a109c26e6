import { randomUUID } from 'node:crypto';
import { HEAVY_RANKER_ARCHITECTURES, ordinal, releaseVersion } from '@winnow/domain';
import type { RankReply } from '@winnow/domain';
import type { RunningModelService } from '@winnow/model-serving';
import { GrpcRanker } from '@winnow/rpc-clients';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { RankerWorld } from '../../../libs/model-serving/src/ranker.fixture';
import { startHeavyRanker } from './composition-root';

const NOW_MS = 1_700_000_000_000;
const SOON = { timeout: 20_000, interval: 25 };

describe('the heavy ranker’s service', () => {
  let world: RankerWorld;
  let app: RunningModelService;
  let ranker: GrpcRanker;

  beforeAll(async () => {
    world = await RankerWorld.create(`spec-${randomUUID()}`, inject('redisUrl'));
    app = await startHeavyRanker(world.serviceOptions());
    ranker = new GrpcRanker({ address: app.address, component: 'heavy-ranker' });
  });
  afterAll(async () => {
    ranker?.close();
    await app?.stop(1000);
    await world?.close();
  });

  async function rank(release: string, ordinals: readonly number[]): Promise<RankReply> {
    const history = [3, 9].map((item) => ({
      ...{ ordinal: ordinal(world.ordinals[item]), eventType: 1, timeMs: NOW_MS - 1000 * item, value: 1 },
    }));
    const query = { history, seedOrdinals: [], userAttributes: {}, context: {}, nowMs: NOW_MS };
    const reply = await ranker.rank(
      {
        ...{ release: releaseVersion(release), query, queryVector: null },
        ordinals: Uint32Array.from(ordinals),
      },
      { requestId: 'spec', deadlineAtMs: performance.now() + 5000 },
    );
    if (!reply.ok) throw new Error(reply.error.reason);
    return reply.value;
  }

  it.each([...HEAVY_RANKER_ARCHITECTURES.entries()])(
    'loads and serves architecture %i, %s',
    async (at, name) => {
      const version = `2026020${at}T000000Z-aaaaaa`;
      await world.publish(version, { architecture: name });
      await world.promote(version);
      await vi.waitFor(() => expect(app.state().serving, app.state().detail).toBe(version), SOON);
      const { scores, headValues, heads } = await rank(version, world.ordinals);
      expect(headValues).toHaveLength(world.ordinals.length * heads.length);
      for (const value of headValues) expect(value > 0 && value < 1).toBe(true);
      expect(new Set(scores).size).toBeGreaterThan(world.ordinals.length / 2);
      const [alone] = (await rank(version, [world.ordinals[11]])).scores;
      expect(alone).toBeCloseTo(scores[11], 5);
    },
  );
});
