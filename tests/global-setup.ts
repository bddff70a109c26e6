import type { TestProject } from 'vitest/node';
import { startLocalRedis } from '../libs/platform/src/local-redis/local-redis';

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string;
  }
}

/** Builds dist/ (workers are separate files) and gives every spec one Redis; specs isolate themselves by namespace. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { buildAll } = await import('../scripts/build.mjs');
  await buildAll({ quiet: true });
  const redis = await startLocalRedis({ reason: 'tests', persistent: false, log: () => {} });
  project.provide('redisUrl', redis.url);
  return () => redis.stop();
}
