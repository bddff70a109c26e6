import { DisposableRedis, type AppendFsync } from '@winnow/testing';

const SAMPLE_INTERVAL_MS = 10;
/** What `everysec` may not have flushed yet. */
const UNFLUSHED_MS_MAX = 1_000;
/** A server that is down for a moment, as after a crash. */
const DOWN_MS = 200;

export interface ChaosRedisOptions {
  readonly appendFsync: AppendFsync;
  /** Whether a kill also takes what was appended within the last second: the worst power cut that `everysec` allows. */
  readonly powerCut: boolean;
}

/** On the clock of `performance.now()`. */
export interface RedisDeath {
  readonly killedAtMs: number;
  /** It answered nothing after this. */
  readonly goneAtMs: number;
}

/**
 * A Redis that dies. A SIGKILL takes nothing that was handed to the system; only a power cut does. That one is played: the
 * append-only file is cut to the size that it had a second before.
 */
export class ChaosRedis {
  readonly deaths: RedisDeath[] = [];
  cutBytes = 0;
  private readonly sizes: { readonly atMs: number; readonly bytes: number }[] = [];
  private readonly sampler: NodeJS.Timeout | null;

  private constructor(
    private readonly redis: DisposableRedis,
    private readonly options: ChaosRedisOptions,
  ) {
    this.sampler = options.powerCut ? setInterval(() => void this.sample(), SAMPLE_INTERVAL_MS) : null;
  }

  static async open(options: ChaosRedisOptions): Promise<ChaosRedis> {
    return new ChaosRedis(await DisposableRedis.open({ appendFsync: options.appendFsync }), options);
  }

  get url(): string {
    return this.redis.url;
  }

  async killAndRestart(): Promise<void> {
    const killedAtMs = performance.now();
    await this.redis.kill();
    this.deaths.push({ killedAtMs, goneAtMs: performance.now() });
    if (this.options.powerCut) await this.cutPower(killedAtMs);
    await new Promise((resolve) => setTimeout(resolve, DOWN_MS));
    await this.redis.restart();
  }

  async stop(): Promise<void> {
    if (this.sampler) clearInterval(this.sampler);
    await this.redis.stop();
  }

  private async sample(): Promise<void> {
    const atMs = performance.now();
    const bytes = await this.redis.appendedBytes().catch(() => null);
    if (bytes === null) return;
    this.sizes.push({ atMs, bytes });
    while (this.sizes.length > 1 && this.sizes[1].atMs < atMs - 10 * UNFLUSHED_MS_MAX) this.sizes.shift();
  }

  private async cutPower(killedAtMs: number): Promise<void> {
    // What was appended before a look at the size is in that size, so nothing older than the window is taken.
    const flushed = this.sizes.find(({ atMs }) => atMs >= killedAtMs - UNFLUSHED_MS_MAX);
    const bytes = await this.redis.appendedBytes();
    if (flushed === undefined || flushed.bytes >= bytes) return;
    await this.redis.cutAppended(flushed.bytes);
    this.cutBytes += bytes - flushed.bytes;
    this.sizes.length = 0;
  }
}
