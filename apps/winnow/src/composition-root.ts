import type { EventLog } from '@winnow/event-log';
import { createFileModelRegistry, type ModelRegistry } from '@winnow/model-registry';
import { createOnlineStore, type OnlineStore } from '@winnow/online-store';
import { homeFolders, type LocalRedis, startLocalRedis } from '@winnow/platform';
import type { Description } from '@winnow/domain';
import type { Settings } from './config.schema';
import { type CommandContext, requireDescription } from './context';

/** Writes of an import are large; what is too slow for a request is fine here. */
const WRITE_TIMEOUT_MS = 60_000;

/** The registry in the home; made when it is missing. */
export const openRegistry = (settings: Settings): ModelRegistry =>
  createFileModelRegistry({ folder: homeFolders(settings.home).registry });

/** The event log in the home; close it. Loads DuckDB, so only commands that read the log wait for that. */
export async function openEventLog(settings: Settings): Promise<EventLog> {
  const { createEventLog } = await import('@winnow/event-log');
  return createEventLog({ folder: homeFolders(settings.home).eventLog });
}

/** Redis for a command: the one that was named, the one that runs on this home, or one of its own under the home. */
export const startRedis = (
  settings: Settings,
  { terminal }: CommandContext,
  reason: string,
  port?: number,
): Promise<LocalRedis> =>
  startLocalRedis({
    reason,
    persistent: true,
    port,
    dataDir: homeFolders(settings.home).redis,
    log: (message) => terminal.note(message),
  });

/** Everything of one home that a command may write to. */
export interface Workspace {
  readonly description: Description;
  readonly descriptionPath: string;
  readonly redisUrl: string;
  readonly store: OnlineStore;
  readonly eventLog: EventLog;
  readonly registry: ModelRegistry;
}

/**
 * Opens description, Redis, event log and registry of a home for a piece of work; however that ends, closes them and
 * stops the Redis that was started. `reason` says what Redis is needed for.
 */
export async function withWorkspace<T>(
  { settings, context, reason }: { settings: Settings; context: CommandContext; reason: string },
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const { description, path } = await requireDescription(settings, context);
  const opened: (() => Promise<void>)[] = [];
  try {
    const redis = await startRedis(settings, context, reason);
    opened.push(() => redis.stop());
    const store = createOnlineStore({
      url: redis.url,
      description,
      readTimeoutMs: WRITE_TIMEOUT_MS,
      writeTimeoutMs: WRITE_TIMEOUT_MS,
      onTrouble: ({ connection, message }) => context.terminal.note(`redis (${connection}): ${message}`),
    });
    opened.push(() => store.close());
    const eventLog = await openEventLog(settings);
    opened.push(() => eventLog.close());
    const registry = openRegistry(settings);
    return await work({ description, descriptionPath: path, redisUrl: redis.url, store, eventLog, registry });
  } finally {
    for (const close of opened.toReversed()) await close();
  }
}
