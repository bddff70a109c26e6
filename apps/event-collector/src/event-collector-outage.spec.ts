import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { eventV1 } from '@winnow/contracts';
import { openBench, SOON, type CollectorBench } from './event-collector.fixture';

const { EventStatus } = eventV1;

describe.skipIf(process.env['REDIS_URL'])('the event collector without its Redis', () => {
  const port = 40_000 + Math.floor(Math.random() * 15_000);
  let redisFolder: string;
  let redis: ChildProcess;
  let bench: CollectorBench;

  const startRedis = (appendOnly: 'yes' | 'no'): void => {
    const durability = ['--dir', redisFolder, '--save', '', '--appendonly', appendOnly];
    redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', ...durability], {
      stdio: 'ignore',
    });
  };
  const killRedis = async (): Promise<void> => {
    const gone = new Promise((resolve) => redis.once('exit', resolve));
    redis.kill('SIGKILL');
    await gone;
  };

  beforeEach(async () => {
    redisFolder = await mkdtemp(join(tmpdir(), 'winnow-collector-redis-'));
    startRedis('yes');
    bench = await openBench(`redis://127.0.0.1:${port}`);
    await bench.upsert([{ itemId: 'milk' }, { itemId: 'tea' }]);
  });
  afterEach(async () => {
    await bench.stop();
    await killRedis();
    await rm(redisFolder, { recursive: true, force: true });
  });

  it('acknowledges nothing while Redis is gone, and goes on by itself with nothing lost when it is back', async () => {
    await bench.track([{ eventId: 'before' }]);
    await killRedis();
    const down = await bench.track([{ eventId: 'during' }]);
    expect(down.error?.code).toBe(status.UNAVAILABLE);
    expect((await bench.upsert([{ itemId: 'coffee' }])).error?.code).toBe(status.UNAVAILABLE);
    await vi.waitFor(() => expect(bench.collector.isReady).toBe(false), SOON);

    startRedis('yes');
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
    await killRedis();
    await rm(join(redisFolder, 'appendonlydir'), { recursive: true, force: true });
    startRedis('no');
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
