import {
  err,
  ok,
  userId as brandUserId,
  type Exposure,
  type ExposureReader,
  type Result,
  type ServedSlate,
  type ServedSlateReader,
  type ServedSlateWriter,
  type StageError,
  type UserId,
} from '@winnow/domain';
import { pipelineResults, StoreUnavailableError, type RedisConnection } from './redis-connection';
import type { StoreKeys } from './store-keys';

/** Newest slates kept of each user. */
export const SERVED_SLATES_MAX = 50;
/** A user's slates are gone this long after the last one. */
export const SERVED_SLATES_KEEP_MS = 7 * 86_400_000;
/** A user's first exposures are gone this long after the last one: longer than an experiment should run. */
export const EXPOSURES_KEEP_MS = 180 * 86_400_000;
const KEYS_PER_SCAN = 1_000;

/** Served slates as one capped list per user, and first exposures as one hash per user. */
export class RedisServedSlates implements ServedSlateWriter, ServedSlateReader, ExposureReader {
  constructor(
    private readonly connection: RedisConnection,
    private readonly keys: StoreKeys,
  ) {}

  /** A slate served before its user was erased is dropped. */
  async append(slate: ServedSlate): Promise<Result<void, StageError>> {
    const { userId } = slate;
    const key = this.keys.servedSlates(userId);
    try {
      await this.connection.run(async (client) => {
        const erasedAtMs = await client.get(this.keys.erasedUser(userId));
        if (erasedAtMs !== null && slate.servedAtMs <= Number(erasedAtMs)) return;
        const transaction = client
          .multi()
          .lpush(key, JSON.stringify(slate))
          .ltrim(key, 0, SERVED_SLATES_MAX - 1)
          .pexpire(key, SERVED_SLATES_KEEP_MS);
        const exposures = this.keys.exposures(userId);
        for (const { experiment, arm } of slate.arms)
          transaction.hsetnx(exposures, experiment, `${slate.servedAtMs} ${arm}`);
        if (slate.arms.length > 0) transaction.pexpire(exposures, EXPOSURES_KEEP_MS);
        pipelineResults(await transaction.exec());
      });
      return ok(undefined);
    } catch (thrown) {
      if (thrown instanceof StoreUnavailableError) return err(thrown.stageError);
      throw thrown;
    }
  }

  async recentSlates(userId: UserId): Promise<readonly ServedSlate[]> {
    const entries = await this.connection.run((client) =>
      client.lrange(this.keys.servedSlates(userId), 0, SERVED_SLATES_MAX - 1),
    );
    return entries.map(decodeSlate);
  }

  async *allSlates(): AsyncGenerator<readonly ServedSlate[]> {
    for await (const keys of this.scan(this.keys.servedSlatesPrefix)) {
      const lists = await this.connection.run(async (client) => {
        const pipeline = client.pipeline();
        for (const key of keys) pipeline.lrange(key, 0, SERVED_SLATES_MAX - 1);
        return pipelineResults(await pipeline.exec()) as string[][];
      });
      yield lists.flat().map(decodeSlate);
    }
  }

  async *exposures(experiment: string): AsyncGenerator<readonly Exposure[]> {
    const prefix = this.keys.exposuresPrefix;
    for await (const keys of this.scan(prefix)) {
      const entries = await this.connection.run(async (client) => {
        const pipeline = client.pipeline();
        for (const key of keys) pipeline.hget(key, experiment);
        return pipelineResults(await pipeline.exec()) as (string | null)[];
      });
      yield entries.flatMap((entry, index) => {
        if (entry === null) return [];
        const space = entry.indexOf(' ');
        return [
          {
            userId: brandUserId(keys[index].slice(prefix.length)),
            arm: entry.slice(space + 1),
            firstAtMs: Number(entry.slice(0, space)),
          },
        ];
      });
    }
  }

  /** Keys that begin so, each once, in batches. */
  private async *scan(prefix: string): AsyncGenerator<readonly string[]> {
    const known = new Set<string>();
    let cursor = '0';
    do {
      const [next, keys] = await this.connection.run((client) =>
        client.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', KEYS_PER_SCAN),
      );
      cursor = next;
      // SCAN may return a key twice while Redis resizes its table.
      const fresh = keys.filter((key) => !known.has(key) && known.add(key));
      if (fresh.length > 0) yield fresh;
    } while (cursor !== '0');
  }
}

/** Slates of an earlier version know no arms. */
function decodeSlate(entry: string): ServedSlate {
  const slate = JSON.parse(entry) as Omit<ServedSlate, 'arms'> & Partial<Pick<ServedSlate, 'arms'>>;
  return { ...slate, arms: slate.arms ?? [] };
}
