import {
  err,
  ok,
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

/** Served slates as one capped list per user. */
export class RedisServedSlates implements ServedSlateWriter, ServedSlateReader {
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
        pipelineResults(
          await client
            .multi()
            .lpush(key, JSON.stringify(slate))
            .ltrim(key, 0, SERVED_SLATES_MAX - 1)
            .pexpire(key, SERVED_SLATES_KEEP_MS)
            .exec(),
        );
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
    return entries.map((entry) => JSON.parse(entry) as ServedSlate);
  }
}
