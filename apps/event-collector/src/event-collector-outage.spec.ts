import { status } from '@grpc/grpc-js';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { eventV1 } from '@winnow/contracts';
import { DisposableRedis } from '@winnow/testing';
import { openBench, SOON, type CollectorBench } from './event-collector.fixture';

const { EventStatus } = eventV1;

describe.skipIf(process.env['REDIS_URL'])('the event collector without its Redis', () => {
  let redis: DisposableRedis;
  let bench: CollectorBench;

  beforeEach(async () => {
    redis = await DisposableRedis.open();
    bench = await openBench(redis.url);
    await bench.upsert([{ itemId: 'milk' }, { itemId: 'tea' }]);
  });
  afterEach(async () => {
    await bench.stop();
    await redis.stop();
  });

  it('acknowledges nothing while Redis is gone, and goes on by itself with nothing lost when it is back', async () => {
    await bench.track([{ eventId: 'before' }]);
    await redis.kill();
    const down = await bench.track([{ eventId: 'during' }]);
    expect(down.error?.code).toBe(status.UNAVAILABLE);
    expect((await bench.upsert([{ itemId: 'coffee' }])).error?.code).toBe(status.UNAVAILABLE);
    await vi.waitFor(() => expect(bench.collector.isReady).toBe(false), SOON);

    await redis.restart();
    await vi.waitFor(() => expect(bench.collector.isReady).toBe(true), SOON);
    await vi.waitFor(async () => {
      const { error, response } = await bench.track([{ eventId: 'before' }, { eventId: 'during' }]);
      expect(error).toBeNull();
      expect(response.verdicts[0].status).toBe(EventStatus.EVENT_STATUS_DUPLICATE);
    }, SOON);
    await vi.waitFor(async () => expect((await bench.state('ada')).recentInteractions).toHaveLength(2), SOON);
    await vi.waitFor(async () => expect(await bench.loggedCount('ada')).toBe(2), SOON);
  });

  it('rebuilds a Redis that lost everything from the log before it takes a write', async () => {
    await bench.track([{ eventId: 'kept' }]);
    await vi.waitFor(async () => expect(await bench.loggedCount('ada')).toBe(1), SOON);
    await bench.stopCollector();
    await redis.kill();
    await redis.loseData();
    await redis.restart();
    await bench.start();
    await vi.waitFor(
      async () =>
        expect((await bench.state('ada')).recentInteractions.map(({ ordinal }) => ordinal)).toEqual([1]),
      SOON,
    );
    await bench.upsert([{ itemId: 'coffee' }]);
    expect(await bench.store.catalog.resolve(['milk', 'tea', 'coffee'] as never)).toEqual([0, 1, 2]);
  });
});

describe('a Redis that was emptied under a running collector', () => {
  it('is rebuilt from the log', async () => {
    const bench = await openBench(inject('redisUrl'), { storeCheckMs: 200 });
    await bench.upsert([{ itemId: 'milk' }, { itemId: 'tea' }]);
    await bench.track([{ eventId: 'kept' }]);
    await vi.waitFor(async () => expect(await bench.loggedCount('ada')).toBe(1), SOON);
    const redis = new Redis(inject('redisUrl'));
    await redis.del(...(await redis.keys(`${bench.store.keys.prefix}*`)));
    await redis.quit();
    await vi.waitFor(async () => expect((await bench.state('ada')).recentInteractions).toHaveLength(1), SOON);
    await vi.waitFor(
      async () => expect(await bench.store.catalog.resolve(['milk', 'tea'] as never)).toEqual([0, 1]),
      SOON,
    );
    await bench.stop();
  });
});
