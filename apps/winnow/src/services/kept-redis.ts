import { identifyRedis, type LocalRedis } from '@winnow/platform';
import { reasonOf } from '@winnow/domain';
import { startRedis } from '../composition-root';
import type { Settings } from '../config.schema';
import type { CommandContext } from '../context';

const LOOK_INTERVAL_MS = 1_000;

/**
 * A local Redis that comes back on the same port when it dies: services reconnect, and its append-only file gives back
 * what was acknowledged. A Redis that is somebody else's (REDIS_URL) is left to them.
 */
export async function startKeptRedis(
  settings: Settings,
  context: CommandContext,
  reason: string,
): Promise<LocalRedis> {
  let redis = await startRedis(settings, context, reason);
  if (redis.origin === 'environment' || redis.origin === 'running') return redis;
  const { url, origin } = redis;
  let stopped = false;
  let looking: Promise<void> = Promise.resolve();
  const look = async (): Promise<void> => {
    if (stopped || !(await isGone(url))) return;
    context.terminal.note(`Redis on ${url} is gone; starting it again`);
    try {
      await redis.stop();
      if (!stopped) redis = await startRedis(settings, context, reason, Number(new URL(url).port));
    } catch (thrown) {
      context.terminal.note(`Redis could not be started again: ${reasonOf(thrown)}`);
    }
  };
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, LOOK_INTERVAL_MS);
  return {
    url,
    origin,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await looking;
      await redis.stop();
    },
  };
}

/** Only a refused connection proves that nobody is there: a slow server must not be taken for a dead one. */
const isGone = (url: string): Promise<boolean> =>
  identifyRedis(url).then(
    () => false,
    (thrown: NodeJS.ErrnoException) => thrown.code === 'ECONNREFUSED',
  );
