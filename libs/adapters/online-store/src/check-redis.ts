import { Redis } from 'ioredis';
import { reasonOf } from '@winnow/domain';

export interface RedisProblem {
  readonly problem: string;
  readonly remedy: string;
}

export interface RedisCheck {
  readonly reachable: boolean;
  /** Empty when Redis did not answer. */
  readonly version: string;
  /** Anything but `noeviction` lets Redis drop events and queue jobs when it is full. */
  readonly maxmemoryPolicy: string;
  readonly appendOnly: boolean;
  /** Nothing to do when empty. */
  readonly problems: readonly RedisProblem[];
}

const TIMEOUT_MS = 2_000;
const MAJOR_MIN = 7;

/** What `winnow doctor` says about Redis. Never throws; connects once and leaves. */
export async function checkRedis({ url }: { readonly url: string }): Promise<RedisCheck> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: TIMEOUT_MS,
    commandTimeout: TIMEOUT_MS,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  let connectionError = '';
  client.on('error', (error: Error) => (connectionError = error.message));
  try {
    await client.connect();
    return judge(infoFields(await client.info()));
  } catch (thrown) {
    return {
      reachable: false,
      version: '',
      maxmemoryPolicy: '',
      appendOnly: false,
      problems: [
        {
          problem: `Redis does not answer at ${withoutPassword(url)}: ${connectionError || reasonOf(thrown)}`,
          remedy: 'start it (`redis-server --appendonly yes`), or point REDIS_URL at one that runs',
        },
      ],
    };
  } finally {
    client.disconnect();
  }
}

function judge(info: ReadonlyMap<string, string>): RedisCheck {
  const version = info.get('redis_version') ?? '';
  const maxmemoryPolicy = info.get('maxmemory_policy') ?? '';
  const appendOnly = info.get('aof_enabled') === '1';
  const problems: RedisProblem[] = [];
  if (Number(version.split('.')[0]) < MAJOR_MIN)
    problems.push({
      problem: `Redis ${version} is older than ${MAJOR_MIN}.0`,
      remedy: `install Redis ${MAJOR_MIN} or newer`,
    });
  if (maxmemoryPolicy !== 'noeviction')
    problems.push({
      problem: `maxmemory-policy is ${maxmemoryPolicy || 'unknown'}: a full Redis would drop events and jobs`,
      remedy: 'redis-cli config set maxmemory-policy noeviction, and the same in redis.conf',
    });
  if (!appendOnly)
    problems.push({
      problem: 'the append-only file is off: a restart of Redis loses acknowledged events',
      remedy: 'redis-cli config set appendonly yes, and the same in redis.conf',
    });
  return { reachable: true, version, maxmemoryPolicy, appendOnly, problems };
}

function infoFields(info: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of info.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

const withoutPassword = (url: string): string => url.replace(/\/\/[^@/]*@/, '//');
