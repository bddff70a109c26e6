import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  findRunningServer,
  forgetRunningServer,
  recordRunningServer,
  withDataDirLock,
} from './data-dir-lock';
import { identifyRedis } from './redis-probe';
import {
  canInstallPackages,
  hasDocker,
  hasRedisServer,
  installRedisPackage,
  type RedisServer,
  type RedisServerOptions,
  runRedisContainer,
  spawnRedis,
} from './redis-process';

/** Where a Redis came from: `REDIS_URL`, one already running in the folder, the one on PATH, a container, a fresh package. */
export type LocalRedisOrigin = 'environment' | 'running' | 'path' | 'docker' | 'package';

export interface LocalRedisOptions {
  /** What Redis is needed for; part of the error's text. */
  readonly reason: string;
  /** Keeps an append-only file in `dataDir`. */
  readonly persistent: boolean;
  /** Where the data lives; a temporary folder, deleted at the end, when absent. A server already running there is reused. */
  readonly dataDir?: string;
  /** Absent: any free port. */
  readonly port?: number;
  readonly log: (message: string) => void;
}

export interface LocalRedis {
  readonly url: string;
  readonly origin: LocalRedisOrigin;
  /** Stops the server if this call started it; resolves once it is gone. */
  stop(): Promise<void>;
}

/** No Redis could be had; the message says what to do about it. */
export class RedisUnavailableError extends Error {
  override readonly name = 'RedisUnavailableError';
}

const REMEDIES = [
  'set REDIS_URL to a Redis 7 that is running',
  'or install it: `apt-get install redis-server`, `brew install redis`, `dnf install redis`',
  'or start Docker, and winnow runs redis:7 in a container',
]
  .map((remedy) => `\n  - ${remedy}`)
  .join('');

/**
 * Finds or starts a Redis: `REDIS_URL`, else the one already running in `dataDir`, else `redis-server` of PATH,
 * else a container, else, as root on Debian, the package. The server ends with this process, however that ends.
 *
 * @throws RedisUnavailableError when none of these works.
 */
export async function startLocalRedis(options: LocalRedisOptions): Promise<LocalRedis> {
  const redisUrl = process.env['REDIS_URL'];
  if (redisUrl) return useEnvironment(redisUrl, options);
  if (!options.dataDir) {
    const dataDir = await mkdtemp(join(tmpdir(), 'winnow-redis-'));
    const removeData = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
    try {
      return await start({ ...options, dataDir }, removeData);
    } catch (thrown) {
      await removeData();
      throw thrown;
    }
  }
  const dataDir = resolve(options.dataDir);
  return withDataDirLock(dataDir, async () => {
    const url = await findRunningServer(dataDir);
    if (url) return { url, origin: 'running', stop: () => Promise.resolve() };
    const redis = await start({ ...options, dataDir }, () => forgetRunningServer(dataDir));
    await recordRunningServer(dataDir, redis.url);
    return redis;
  });
}

async function useEnvironment(redisUrl: string, { reason, log }: LocalRedisOptions): Promise<LocalRedis> {
  try {
    const { version } = await identifyRedis(redisUrl);
    log(`using the Redis ${version} of REDIS_URL`);
  } catch (thrown) {
    throw new RedisUnavailableError(
      `REDIS_URL is set but does not work (${reasonOf(thrown)}), and Redis is needed for ${reason}: ` +
        `start that server, correct REDIS_URL, or unset it to have winnow start one`,
      { cause: thrown },
    );
  }
  return { url: redisUrl, origin: 'environment', stop: () => Promise.resolve() };
}

async function start(
  options: LocalRedisOptions & { readonly dataDir: string },
  afterStop: () => Promise<void>,
): Promise<LocalRedis> {
  const failures: string[] = [];
  for (const { origin, start: begin } of [PATH, DOCKER, PACKAGE]) {
    try {
      const server = await begin(options, options.log);
      if (!server) continue;
      options.log(`started Redis on ${server.url} (${origin})`);
      return { url: server.url, origin, stop: once(() => server.stop().then(afterStop)) };
    } catch (thrown) {
      failures.push(`\n  (${origin}: ${reasonOf(thrown)})`);
    }
  }
  throw new RedisUnavailableError(
    `Redis is needed for ${options.reason}, and there is none on this machine:${REMEDIES}${failures.join('')}`,
  );
}

interface Starter {
  readonly origin: LocalRedisOrigin;
  /** Null when this way does not exist on this machine. */
  readonly start: (
    options: RedisServerOptions,
    log: (message: string) => void,
  ) => Promise<RedisServer | null>;
}

const PATH: Starter = {
  origin: 'path',
  start: async (options) => ((await hasRedisServer()) ? spawnRedis(options) : null),
};

const DOCKER: Starter = {
  origin: 'docker',
  start: async (options) => ((await hasDocker()) ? runRedisContainer(options) : null),
};

const PACKAGE: Starter = {
  origin: 'package',
  start: async (options, log) => {
    if ((await hasRedisServer()) || !(await canInstallPackages())) return null;
    log('no Redis here: installing the redis-server package with apt-get');
    await installRedisPackage();
    return spawnRedis(options);
  },
};

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= action());
}

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
