import {
  err,
  ok,
  stageError,
  userId as brandUserId,
  type Exposure,
  type ExposureReader,
  type Result,
  type ServedSlate,
  type ServedSlateWriter,
  type StageError,
} from '@winnow/domain';
import { LuaScript } from './lua-script';
import { pipelineResults, StoreUnavailableError, type RedisConnection } from './redis-connection';
import { encodeSlate } from './slate-entry';
import type { StoreKeys } from './store-keys';

/** Name in errors. */
const COMPONENT = 'served-slate-log';
/** Slates that wait for the archive; more are refused, so that an archive that is away cannot fill Redis. */
export const SLATE_STREAM_MAX = 50_000;
/** Slates that one process may have on their way to Redis; more are refused, so that a slow Redis cannot fill it. */
const IN_FLIGHT_MAX = 1_000;
/** A user's first exposures are gone this long after the last one: longer than an experiment should run. */
export const EXPOSURES_KEEP_MS = 180 * 86_400_000;
const KEYS_PER_SCAN = 1_000;

/**
 * KEYS: stream, the user's erasure mark, the user's exposures. ARGV: stream's most entries, servedAtMs, user, slate,
 * trace or '', exposures' lifetime in ms, then experiment and first exposure for each arm. Returns 0 when the stream is
 * full. A slate served before its user was erased is acknowledged and dropped.
 */
const appendScript = new LuaScript(`
local erasedAt = redis.call('GET', KEYS[2])
if erasedAt and tonumber(ARGV[2]) <= tonumber(erasedAt) then return 1 end
for arm = 7, #ARGV, 2 do redis.call('HSETNX', KEYS[3], ARGV[arm], ARGV[arm + 1]) end
if #ARGV >= 7 then redis.call('PEXPIRE', KEYS[3], ARGV[6]) end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end
if ARGV[5] == '' then
  redis.call('XADD', KEYS[1], '*', 'u', ARGV[3], 's', ARGV[4])
else
  redis.call('XADD', KEYS[1], '*', 'u', ARGV[3], 's', ARGV[4], 't', ARGV[5])
end
return 1
`);

export interface RedisServedSlatesOptions {
  readonly connection: RedisConnection;
  readonly keys: StoreKeys;
  /** Default `SLATE_STREAM_MAX`. */
  readonly streamMax?: number;
}

/** Served slates as one stream on its way to the log, and first exposures as one hash per user. */
export class RedisServedSlates implements ServedSlateWriter, ExposureReader {
  private inFlightCount = 0;

  constructor(private readonly options: RedisServedSlatesOptions) {}

  /** One round trip. */
  async append(slate: ServedSlate): Promise<Result<void, StageError>> {
    if (this.inFlightCount >= IN_FLIGHT_MAX)
      return refusal(`${IN_FLIGHT_MAX} slates are on their way to Redis already`);
    this.inFlightCount += 1;
    try {
      const taken = await this.options.connection.run((client) => appendScript.run(client, this.call(slate)));
      return taken === 1 ? ok(undefined) : refusal('the stream is full: the archive is behind');
    } catch (thrown) {
      if (thrown instanceof StoreUnavailableError) return err(thrown.stageError);
      throw thrown;
    } finally {
      this.inFlightCount -= 1;
    }
  }

  async *exposures(experiment: string): AsyncGenerator<readonly Exposure[]> {
    const prefix = this.options.keys.exposuresPrefix;
    for await (const keys of this.scan(prefix)) {
      const entries = await this.options.connection.run(async (client) => {
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

  private call(slate: ServedSlate): { readonly keys: string[]; readonly args: (string | number)[] } {
    const { keys, streamMax = SLATE_STREAM_MAX } = this.options;
    const { userId, servedAtMs, arms } = slate;
    return {
      keys: [keys.slates, keys.erasedUser(userId), keys.exposures(userId)],
      args: [
        ...[streamMax, servedAtMs, ...encodeSlate(slate), EXPOSURES_KEEP_MS],
        ...arms.flatMap(({ experiment, arm }) => [experiment, `${servedAtMs} ${arm}`]),
      ],
    };
  }

  /** Keys that begin so, each once, in batches. */
  private async *scan(prefix: string): AsyncGenerator<readonly string[]> {
    const known = new Set<string>();
    let cursor = '0';
    do {
      const [next, keys] = await this.options.connection.run((client) =>
        client.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', KEYS_PER_SCAN),
      );
      cursor = next;
      // SCAN may return a key twice while Redis resizes its table.
      const fresh = keys.filter((key) => !known.has(key) && known.add(key));
      if (fresh.length > 0) yield fresh;
    } while (cursor !== '0');
  }
}

const refusal = (reason: string): Result<never, StageError> =>
  err(stageError('dependency', COMPONENT, reason));
