import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A probe that takes longer than this counts as no answer. */
const PROBE_TIMEOUT_MS = 2_000;
/** `INFO server` is about 1 KiB; anything far beyond is not Redis. */
const REPLY_BYTES_MAX = 1024 * 1024;

const encodeCommand = (args: readonly string[]): string =>
  `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`;

interface Reply {
  readonly text: string;
  readonly isError: boolean;
  /** Offset of the byte after the reply. */
  readonly end: number;
}

/** Reads one simple, error, integer or bulk reply; null while bytes are missing. */
function parseReply(bytes: Buffer, start: number): Reply | null {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd < 0) return null;
  const type = String.fromCharCode(bytes[start]);
  const line = bytes.toString('utf8', start + 1, lineEnd);
  if (type === '+' || type === '-' || type === ':')
    return { text: line, isError: type === '-', end: lineEnd + 2 };
  if (type !== '$') throw new Error(`not a Redis server: it answered ${JSON.stringify(line.slice(0, 40))}`);
  const length = Math.max(Number(line), 0);
  const end = lineEnd + 2 + length + 2;
  if (bytes.length < end) return null;
  return { text: bytes.toString('utf8', lineEnd + 2, lineEnd + 2 + length), isError: false, end };
}

function openSocket(url: URL): Socket {
  const port = Number(url.port || 6379);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol === 'rediss:') return connectTls({ host, port, servername: host });
  if (url.protocol === 'redis:') return connectTcp({ host, port });
  throw new Error(`${url.protocol}// is not a Redis URL: use redis:// or rediss://`);
}

function authentication(url: URL): readonly string[][] {
  if (!url.password) return [];
  const password = decodeURIComponent(url.password);
  return [url.username ? ['AUTH', decodeURIComponent(url.username), password] : ['AUTH', password]];
}

/**
 * Sends one command over a connection of its own and returns the reply's text.
 * Speaks RESP by hand: the platform does not depend on a Redis client.
 *
 * @throws Error when nothing answers within two seconds, or the answer is an error.
 */
export async function redisCommand(redisUrl: string, args: readonly string[]): Promise<string> {
  const url = new URL(redisUrl);
  const socket = openSocket(url);
  const commands = [...authentication(url), args];
  try {
    return await new Promise<string>((resolve, reject) => {
      let bytes = Buffer.alloc(0);
      let offset = 0;
      let answered = 0;
      socket.setTimeout(PROBE_TIMEOUT_MS, () =>
        reject(new Error(`no answer from ${url.host} within ${PROBE_TIMEOUT_MS} ms`)),
      );
      socket.once('error', reject);
      socket.once('close', () => reject(new Error(`${url.host} closed the connection`)));
      socket.on('data', (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk]);
        try {
          if (bytes.length > REPLY_BYTES_MAX) throw new Error(`${url.host} answered more than Redis would`);
          for (let reply = parseReply(bytes, offset); reply; reply = parseReply(bytes, offset)) {
            if (reply.isError) throw new Error(`Redis at ${url.host} refused ${args[0]}: ${reply.text}`);
            offset = reply.end;
            answered += 1;
            if (answered === commands.length) return resolve(reply.text);
          }
        } catch (thrown) {
          reject(thrown as Error);
        }
      });
      socket.write(commands.map(encodeCommand).join(''));
    });
  } finally {
    socket.destroy();
  }
}

/** What identifies one run of one server; a restarted server has another `runId`. */
export interface RedisIdentity {
  readonly runId: string;
  readonly pid: number;
  readonly version: string;
}

/** Pings the server and reads who it is. Throws what `redisCommand` throws. */
export async function identifyRedis(redisUrl: string): Promise<RedisIdentity> {
  const pong = await redisCommand(redisUrl, ['PING']);
  if (pong !== 'PONG') throw new Error(`not a Redis server: it answered PING with ${pong.slice(0, 40)}`);
  const info = await redisCommand(redisUrl, ['INFO', 'server']);
  const field = (name: string): string => new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1].trim() ?? '';
  return { runId: field('run_id'), pid: Number(field('process_id')), version: field('redis_version') };
}
