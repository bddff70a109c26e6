import { Worker } from 'node:worker_threads';
import { err, ok, reasonOf, type Result, type VectorHits } from '@winnow/domain';
import { annIndexError, type AnnIndexError } from './ann-index-error';
import { builtEntry } from './built-entry';
import type { ShardReply, ShardRequest, ShardWorkerData } from './shard-protocol';

interface PendingCall {
  readonly resolve: (reply: ShardReply) => void;
  readonly reject: (error: Error) => void;
}

type ShardCall = ShardRequest extends infer Each
  ? Each extends ShardRequest
    ? Omit<Each, 'call'>
    : never
  : never;

/** The serving thread's end of one shard's worker. */
export class ShardClient {
  private readonly pending = new Map<number, PendingCall>();
  private nextCall = 0;
  private failure: Error | null = null;
  private liveCount: number;

  private constructor(
    private readonly worker: Worker,
    count: number,
  ) {
    this.liveCount = count;
  }

  /** Starts the thread and waits until it has loaded its file. */
  static async start(data: ShardWorkerData): Promise<Result<ShardClient, AnnIndexError>> {
    const worker = new Worker(builtEntry('ann-shard.worker.js'), { workerData: data });
    const first = await firstReply(worker);
    if (first.kind === 'ready') {
      const client = new ShardClient(worker, data.count);
      client.listen();
      return ok(client);
    }
    await worker.terminate();
    return err(
      first.kind === 'refused'
        ? first.error
        : annIndexError('crashed', `worker of ${data.file} answered ${first.kind} before it was ready`),
    );
  }

  get count(): number {
    return this.liveCount;
  }

  async search(query: Float32Array, k: number): Promise<VectorHits> {
    const reply = await this.call({ kind: 'search', query: owned(query), k });
    if (reply.kind !== 'hits') throw new Error(`shard answered ${reply.kind} to a search`);
    return reply;
  }

  async vector(ordinal: number): Promise<Float32Array | null> {
    const reply = await this.call({ kind: 'vector', ordinal });
    if (reply.kind !== 'stored') throw new Error(`shard answered ${reply.kind} to a look-up`);
    return reply.vector;
  }

  async upsert(ordinal: number, vector: Float32Array): Promise<void> {
    this.applyCount(await this.call({ kind: 'upsert', ordinal, vector: owned(vector) }));
  }

  async remove(ordinal: number): Promise<void> {
    this.applyCount(await this.call({ kind: 'remove', ordinal }));
  }

  /** Ends the thread; calls that were under way reject. */
  async close(): Promise<void> {
    this.fail(new Error('index was closed'));
    await this.worker.terminate();
  }

  private applyCount(reply: ShardReply): void {
    if (reply.kind !== 'changed') throw new Error(`shard answered ${reply.kind} to a change`);
    this.liveCount = reply.count;
  }

  private call(request: ShardCall): Promise<ShardReply> {
    if (this.failure) return Promise.reject(this.failure);
    const call = this.nextCall;
    this.nextCall += 1;
    return new Promise((resolve, reject) => {
      this.pending.set(call, { resolve, reject });
      this.worker.postMessage({ ...request, call });
    });
  }

  private listen(): void {
    this.worker.on('message', (reply: ShardReply) => {
      if (!('call' in reply)) return;
      const pending = this.pending.get(reply.call);
      this.pending.delete(reply.call);
      if (reply.kind === 'failed') pending?.reject(new Error(reply.reason));
      else pending?.resolve(reply);
    });
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', (code) => this.fail(new Error(`index shard's thread ended with ${code}`)));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.pending.values()) reject(this.failure);
    this.pending.clear();
  }
}

/** Posting a view copies all of the buffer behind it, so a row of a large matrix goes as a copy of its own. */
function owned(vector: Float32Array): Float32Array {
  return vector.byteLength === vector.buffer.byteLength ? vector : vector.slice();
}

function firstReply(worker: Worker): Promise<ShardReply> {
  return new Promise((resolve) => {
    const onReply = (reply: ShardReply): void => {
      worker.off('message', onReply);
      worker.off('error', onError);
      worker.off('exit', onExit);
      resolve(reply);
    };
    const onError = (error: unknown): void =>
      onReply({ kind: 'refused', error: annIndexError('crashed', reasonOf(error)) });
    const onExit = (code: number): void => onError(`worker ended with ${code}`);
    worker.on('message', onReply);
    worker.on('error', onError);
    worker.on('exit', onExit);
  });
}
