import { Redis } from 'ioredis';
import { reasonOf, stageError, type StageError } from '@winnow/domain';

/** The name that appears in `degraded` when Redis is gone. */
export const ONLINE_STORE_COMPONENT = 'online-store';

/** Thrown where a port has no `Result`: Redis is away, slow, full or read-only. Nothing else is wrong. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  constructor(readonly stageError: StageError) {
    super(`${stageError.component}: ${stageError.reason}`, { cause: stageError.cause });
  }
}

/** Something that an operator wants to know and that no caller is told otherwise. */
export interface StoreTrouble {
  readonly connection: string;
  readonly message: string;
  readonly cause?: unknown;
}

export interface RedisConnectionOptions {
  /** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Shown by `CLIENT LIST` and in troubles. */
  readonly name: string;
  /** Each command fails with kind `timeout` after this; without it a command may block. */
  readonly commandTimeoutMs?: number;
  /** The socket is torn down and made anew when a command got no byte of answer for this long. */
  readonly silenceMaxMs: number;
  readonly onTrouble: (trouble: StoreTrouble) => void;
  readonly random?: () => number;
}

const RECONNECT_FIRST_MS = 50;
const RECONNECT_LONGEST_MS = 2_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** Answers by which Redis says that it cannot serve now; every other error reply is a bug of ours. */
const UNAVAILABLE_REPLY =
  /^(LOADING|READONLY|OOM|MISCONF|BUSY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|NOAUTH|WRONGPASS|NOREPLICAS|UNBLOCKED)\b/;

/** Full jitter over the upper half, so that a fleet does not come back in step. */
const reconnectDelayMs = (attempt: number, random: () => number): number =>
  Math.round(Math.min(RECONNECT_LONGEST_MS, RECONNECT_FIRST_MS * 2 ** (attempt - 1)) * (0.5 + random() / 2));

function asUnavailable(thrown: unknown): StoreUnavailableError | null {
  if (thrown instanceof StoreUnavailableError) return thrown;
  if (!(thrown instanceof Error) || thrown instanceof TypeError || thrown instanceof RangeError) return null;
  if (thrown.name === 'ReplyError' && !UNAVAILABLE_REPLY.test(thrown.message)) return null;
  const kind = thrown.message === 'Command timed out' ? 'timeout' : 'dependency';
  const reason = kind === 'timeout' ? 'Redis did not answer in time' : `Redis: ${thrown.message}`;
  return new StoreUnavailableError(stageError(kind, ONLINE_STORE_COMPONENT, reason, thrown));
}

/**
 * One connection that never queues: while Redis is away a command fails at once, and the connection comes back by
 * itself, with jitter. A command that was in flight when the connection broke is failed, never sent twice.
 */
export class RedisConnection {
  readonly name: string;
  private readonly client: Redis;
  private readonly firstAnswerWithinMs: number;
  private hadConnected = false;
  private id: number | null = null;
  private closed = false;

  constructor(options: RedisConnectionOptions) {
    this.name = options.name;
    this.firstAnswerWithinMs = options.commandTimeoutMs ?? CONNECT_TIMEOUT_MS;
    const random = options.random ?? Math.random;
    this.client = new Redis(options.url, {
      connectionName: `winnow-${options.name}`,
      connectTimeout: CONNECT_TIMEOUT_MS,
      commandTimeout: options.commandTimeoutMs,
      socketTimeout: options.silenceMaxMs,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      keepAlive: 10_000,
      retryStrategy: (attempt) => reconnectDelayMs(attempt, random),
    });
    // ioredis 5 keeps the timer of a broken socket, and tears down the next one with it (its issue 2147; mended in 6).
    this.client.on('close', () => {
      clearTimeout(this.client['socketTimeoutTimer']);
      this.client['socketTimeoutTimer'] = undefined;
    });
    let troubled = false;
    this.client.on('ready', () => {
      this.hadConnected = true;
      void this.client.client('ID').then(
        (id) => (this.id = id),
        () => undefined,
      );
      if (troubled) options.onTrouble({ connection: this.name, message: 'connected again' });
      troubled = false;
    });
    this.client.on('error', (cause: Error) => {
      // One line for an outage, not one for every attempt.
      if (!troubled && !this.closed)
        options.onTrouble({ connection: this.name, message: `connection failed: ${reasonOf(cause)}`, cause });
      troubled = true;
    });
  }

  /** Whether a command sent now would reach Redis. */
  get isReady(): boolean {
    return this.client.status === 'ready';
  }

  /** Redis' own number of this connection, by which another one can end a blocked read; null while away. */
  get clientId(): number | null {
    return this.isReady ? this.id : null;
  }

  /** Runs commands; throws StoreUnavailableError when Redis is away or slow. Errors of the commands themselves pass. */
  async run<T>(operation: (client: Redis) => Promise<T>): Promise<T> {
    // Only the first connect is waited for: a process that has just started is not an outage.
    if (!this.isReady && !this.hadConnected) await this.waitReady(this.firstAnswerWithinMs);
    try {
      return await operation(this.client);
    } catch (thrown) {
      throw asUnavailable(thrown) ?? thrown;
    }
  }

  /** Resolves true when connected, false when `timeoutMs` passed or the connection was closed. */
  async waitReady(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.isReady) return true;
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.client.off('ready', settle).off('end', settle);
        signal?.removeEventListener('abort', settle);
        resolve(this.isReady);
      };
      const timer = setTimeout(settle, timeoutMs);
      this.client.once('ready', settle).once('end', settle);
      if (signal?.aborted) settle();
      signal?.addEventListener('abort', settle, { once: true });
    });
  }

  /** What is in flight is answered first, for at most a second. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    if (this.isReady) {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, 1_000)));
      await Promise.race([this.client.quit().catch(() => undefined), patience]);
      clearTimeout(timer);
    }
    this.client.disconnect();
  }

  /** Tears the socket down at once; a blocked read fails. */
  abort(): void {
    this.closed = true;
    this.client.disconnect();
  }
}

/** The results of a pipeline, or its first error. */
export function pipelineResults(replies: [error: Error | null, result: unknown][] | null): unknown[] {
  if (!replies) throw new Error('Redis aborted the pipeline');
  return replies.map(([error, result]) => {
    if (error) throw error;
    return result;
  });
}
