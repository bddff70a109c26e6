import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@winnow/domain';
import { identifyRedis } from '@winnow/platform';
import { expect, it, vi } from 'vitest';
import { readSettings } from '../config.schema';
import { startKeptRedis } from './kept-redis';

it('a killed local Redis comes back at its address', async () => {
  const home = mkdtempSync(join(tmpdir(), 'winnow-kept-redis-'));
  vi.stubEnv('REDIS_URL', '');
  const notes: string[] = [];
  const terminal = {
    interactive: false,
    print: () => undefined,
    note: (text: string) => void notes.push(text),
    redraw: () => undefined,
  };
  const { signal } = new AbortController();
  const context = { environment: {}, workingFolder: home, terminal, clock: systemClock, signal };
  const redis = await startKeptRedis(readSettings({}, { home }, home), context, 'this test');
  try {
    const before = await identifyRedis(redis.url);
    process.kill(before.pid, 'SIGKILL');
    let after = before;
    for (const giveUpAt = performance.now() + 20_000; after.runId === before.runId; await sleep(50)) {
      expect(performance.now()).toBeLessThan(giveUpAt);
      after = await identifyRedis(redis.url).catch(() => before);
    }
    expect(notes.join('\n')).toContain('is gone; starting it again');
  } finally {
    await redis.stop();
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  }
  await expect(identifyRedis(redis.url)).rejects.toThrow();
});
