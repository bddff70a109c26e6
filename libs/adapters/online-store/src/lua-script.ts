import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

export interface ScriptCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | number | Buffer)[];
}

/** One Lua script, sent by its hash; the text travels only when Redis does not know it yet. */
export class LuaScript {
  private readonly sha: string;

  constructor(private readonly source: string) {
    this.sha = createHash('sha1').update(source).digest('hex');
  }

  async run(client: Redis, call: ScriptCall): Promise<unknown> {
    const [reply] = await this.runAll(client, [call]);
    return reply;
  }

  /** One pipeline, replies in the order of the calls. Throws the first error reply. */
  async runAll(client: Redis, calls: readonly ScriptCall[]): Promise<unknown[]> {
    const replies = await this.send(client, calls);
    const unknownAt = replies.flatMap(([error], index) => (isUnknownScript(error) ? [index] : []));
    if (unknownAt.length > 0) {
      await client.script('LOAD', this.source);
      const again = await this.send(
        client,
        unknownAt.map((index) => calls[index]),
      );
      unknownAt.forEach((index, position) => (replies[index] = again[position]));
    }
    return replies.map(([error, reply]) => {
      if (error) throw error;
      return reply;
    });
  }

  private async send(client: Redis, calls: readonly ScriptCall[]): Promise<[Error | null, unknown][]> {
    const pipeline = client.pipeline();
    for (const { keys, args } of calls) pipeline.evalsha(this.sha, keys.length, ...keys, ...args);
    const replies = await pipeline.exec();
    if (!replies) throw new Error('Redis aborted the pipeline');
    return replies;
  }
}

const isUnknownScript = (error: Error | null): boolean => error?.message.startsWith('NOSCRIPT') ?? false;
