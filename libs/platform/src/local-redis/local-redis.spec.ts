import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { build } from 'esbuild';
import { startLocalRedis } from './local-redis';
import { identifyRedis, redisCommand } from './redis-probe';

const answers = (url: string): Promise<boolean> =>
  identifyRedis(url).then(
    () => true,
    () => false,
  );

async function untilGone(url: string): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (!(await answers(url))) return true;
    await sleep(25);
  }
  return false;
}

describe('startLocalRedis', () => {
  let dataDir: string;
  const options = { reason: 'this spec', persistent: true, log: (): void => undefined };

  beforeEach(async () => {
    vi.stubEnv('REDIS_URL', '');
    dataDir = await mkdtemp(join(tmpdir(), 'winnow-spec-redis-'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('starts a server that never evicts and appends to a file, and stops it', async () => {
    const redis = await startLocalRedis({ ...options, dataDir });
    expect(await redisCommand(redis.url, ['SET', 'key', 'kept'])).toBe('OK');
    const info = await redisCommand(redis.url, ['INFO']);
    expect(info).toContain('maxmemory_policy:noeviction');
    expect(info).toContain('aof_enabled:1');
    await redis.stop();
    expect(await answers(redis.url)).toBe(false);
  });

  it('keeps what was written when it is started again in the same folder', async () => {
    const first = await startLocalRedis({ ...options, dataDir });
    await redisCommand(first.url, ['SET', 'key', 'kept']);
    await first.stop();
    const second = await startLocalRedis({ ...options, dataDir });
    expect(await redisCommand(second.url, ['GET', 'key'])).toBe('kept');
    await second.stop();
  });

  it('reuses the server of the folder, whose owner alone stops it', async () => {
    const [first, second] = await Promise.all([
      startLocalRedis({ ...options, dataDir }),
      startLocalRedis({ ...options, dataDir }),
    ]);
    expect(second.url).toBe(first.url);
    expect([first.origin, second.origin].filter((origin) => origin === 'running')).toHaveLength(1);
    const [owner, guest] = first.origin === 'running' ? [second, first] : [first, second];
    await guest.stop();
    expect(await answers(owner.url)).toBe(true);
    await owner.stop();
    expect(await answers(owner.url)).toBe(false);
  });

  it('leaves no server behind when its process is killed', async () => {
    const script = join(dataDir, 'owner.mjs');
    await build({
      stdin: {
        contents: `import { startLocalRedis } from './local-redis';
          const redis = await startLocalRedis({ reason: 'spec', persistent: false, log: () => {} });
          console.log(redis.url); setInterval(() => {}, 1000);`,
        resolveDir: import.meta.dirname,
        loader: 'ts',
      },
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
    });
    const owner = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const url = await new Promise<string>((resolve) =>
      owner.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
    );
    expect(await answers(url)).toBe(true);
    owner.kill('SIGKILL');
    expect(await untilGone(url)).toBe(true);
  });

  it('uses REDIS_URL when it works, and never stops it', async () => {
    vi.stubEnv('REDIS_URL', inject('redisUrl'));
    const redis = await startLocalRedis({ ...options, persistent: false });
    expect(redis).toMatchObject({ url: inject('redisUrl'), origin: 'environment' });
    await redis.stop();
    expect(await answers(redis.url)).toBe(true);
  });

  it('refuses a REDIS_URL that is not Redis, and says what to do', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await expect(startLocalRedis(options)).rejects.toThrow(
      /REDIS_URL is set but does not work \(not a Redis server.*this spec.*unset it/s,
    );
    server.close();
  });

  it('lists the remedies when no way works', async () => {
    vi.stubEnv('PATH', dataDir);
    await expect(startLocalRedis(options)).rejects.toThrow(
      /this spec.*REDIS_URL.*apt-get install redis-server.*Docker/s,
    );
  });
});
