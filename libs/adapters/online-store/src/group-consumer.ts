import { randomUUID } from 'node:crypto';
import { reasonOf } from '@winnow/domain';
import { DeadLetterWriter } from './dead-letters';
import {
  pipelineResults,
  StoreUnavailableError,
  type RedisConnection,
  type StoreTrouble,
} from './redis-connection';
import { IdleEntries } from './idle-entries';
import { firstIdOf, replayedFor, type EntryCodec, type RawStreamEntry } from './stream-entry';
import { ensureGroup } from './stream-groups';
import { pause } from './stream-tail';

/** How a group reads. Every number has a default. */
export interface ConsumerOptions {
  /** Name of the consumer group; one of `CONSUMER_GROUPS`. */
  readonly group: string;
  /** Most entries given to one call of `handle`. */
  readonly batchCountMax?: number;
  /** How long a batch waits to grow after its first entry; 0 hands over what there is. */
  readonly lingerMs?: number;
  /** Entries that another consumer has held for this long are taken over: it is dead. */
  readonly claimIdleMs?: number;
  /** After this many deliveries of which each failed, an entry goes to the dead letters. */
  readonly deliveriesMax?: number;
  /** Wait after a failure; doubles with each further one, up to 30 s. */
  readonly retryFirstMs?: number;
  /** Failures of the surroundings, not of the entry: never a dead letter, tried again for as long as it takes. */
  readonly isTransient?: (thrown: unknown) => boolean;
}

export interface GroupConsumerOptions<Entry> extends ConsumerOptions {
  readonly stream: string;
  readonly deadLetters: string;
  readonly codec: EntryCodec<Entry>;
  /** Blocking reads; the consumer's own. */
  readonly reading: RedisConnection;
  /** Acknowledgements and claims. */
  readonly writing: RedisConnection;
  readonly onTrouble: (trouble: StoreTrouble) => void;
}

interface Delivery<Entry> {
  readonly id: string;
  readonly entry: Entry;
  readonly fields: readonly string[];
}

const DEFAULTS = {
  batchCountMax: 500,
  lingerMs: 0,
  claimIdleMs: 60_000,
  deliveriesMax: 5,
  retryFirstMs: 200,
};
const BLOCK_MS = 1_000;
const RETRY_LONGEST_MS = 30_000;
/** Consumers that died long ago and hold nothing are forgotten. */
const FORGET_CONSUMER_MS = 3_600_000;

/**
 * One member of a consumer group: at least once, acknowledged after `handle` resolved. A batch that fails is halved
 * until the entry at fault stands alone, so that one bad entry does not hold up or bury the good ones beside it.
 */
export class GroupConsumer<Entry> {
  private readonly settings: GroupConsumerOptions<Entry> & typeof DEFAULTS;
  private readonly consumer = randomUUID();
  private readonly aborter = new AbortController();
  private readonly deadLetters: DeadLetterWriter;
  private readonly idleEntries: IdleEntries;
  /** Transient failures in a row, and rounds in which entries failed on their own. */
  private failures = 0;
  /** Set while entries that failed are pending here; they are tried again at `retryAtMs`. */
  private recovering = false;
  /** Set while what is pending here failed because of its surroundings. */
  private excused = false;
  private retryAtMs = 0;
  private claimedAtMs = -Infinity;

  constructor(
    options: GroupConsumerOptions<Entry>,
    private readonly handle: (entries: readonly Entry[]) => Promise<void>,
  ) {
    const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    this.settings = { ...DEFAULTS, ...(given as unknown as GroupConsumerOptions<Entry>) };
    this.deadLetters = new DeadLetterWriter({
      connection: options.writing,
      deadLetters: options.deadLetters,
      stream: options.stream,
      group: options.group,
    });
    this.idleEntries = new IdleEntries({
      ...this.settings,
      connection: options.writing,
      consumer: this.consumer,
      idleMs: this.settings.claimIdleMs,
    });
  }

  start(): { stop(): Promise<void> } {
    const done = this.loop();
    return {
      stop: async () => {
        this.aborter.abort();
        await this.unblock();
        await done;
        await this.leave();
        await this.settings.reading.close();
      },
    };
  }

  private get stopping(): boolean {
    return this.aborter.signal.aborted;
  }

  private async loop(): Promise<void> {
    const { reading, writing, stream, group, onTrouble } = this.settings;
    let joined = false;
    while (!this.stopping) {
      try {
        if (!(await reading.waitReady(BLOCK_MS, this.aborter.signal))) continue;
        if (!joined) await ensureGroup(writing, stream, group);
        joined = true;
        await this.claim();
        if (this.recovering && performance.now() >= this.retryAtMs) await this.retryOwn();
        await this.process(await this.readBatch());
      } catch (thrown) {
        if (this.stopping) break;
        // After a Redis that lost its data, or a FLUSHALL, the group has to be made again.
        if (reasonOf(thrown).startsWith('NOGROUP')) joined = false;
        onTrouble({
          connection: reading.name,
          message: `consuming failed: ${reasonOf(thrown)}`,
          cause: thrown,
        });
        this.backOff();
        this.excused = true;
        // Nothing else would go better now: the store or what the handler needs is away.
        await pause(this.retryAtMs - performance.now(), this.aborter.signal);
      }
    }
  }

  private backOff(): void {
    this.recovering = true;
    this.retryAtMs =
      performance.now() + Math.min(RETRY_LONGEST_MS, this.settings.retryFirstMs * 2 ** this.failures);
    this.failures += 1;
  }

  /** Delivers again what is pending here; each delivery counts. */
  private async retryOwn(): Promise<void> {
    const own = await this.read('0', 0);
    if (own.length > 0) {
      if (this.excused) await this.excuse(own);
      return this.process(own);
    }
    this.recovering = false;
    this.excused = false;
    this.failures = 0;
  }

  private async process(batch: readonly Delivery<Entry>[]): Promise<void> {
    const failed = await this.handleHalving(batch);
    if (failed.length === 0) return;
    for (const { delivery, reason } of failed) await this.settle(delivery, reason);
    this.backOff();
  }

  /** A first read that blocks, then more while the batch may linger. What was read is handled even when stopping. */
  private async readBatch(): Promise<Delivery<Entry>[]> {
    const { batchCountMax, lingerMs } = this.settings;
    const retryInMs = this.recovering ? Math.ceil(this.retryAtMs - performance.now()) : BLOCK_MS;
    const batch = await this.read('>', Math.min(BLOCK_MS, Math.max(1, retryInMs)));
    const untilMs = performance.now() + lingerMs;
    while (batch.length > 0 && batch.length < batchCountMax && !this.stopping) {
      const leftMs = Math.floor(untilMs - performance.now());
      if (leftMs <= 0) break;
      try {
        batch.push(...(await this.read('>', Math.min(BLOCK_MS, leftMs), batchCountMax - batch.length)));
      } catch (thrown) {
        if (thrown instanceof StoreUnavailableError) break;
        throw thrown;
      }
    }
    return batch;
  }

  private async read(
    from: '>' | '0',
    blockMs: number,
    countMax = this.settings.batchCountMax,
  ): Promise<Delivery<Entry>[]> {
    const { reading, stream, group } = this.settings;
    const reply = await reading.run(async (client) => {
      const command = ['GROUP', group, this.consumer, 'COUNT', countMax];
      const block = blockMs > 0 ? ['BLOCK', blockMs] : [];
      return (await client.call('XREADGROUP', ...command, ...block, 'STREAMS', stream, from)) as
        [string, RawStreamEntry[]][] | null;
    });
    return this.decode(reply?.[0]?.[1] ?? []);
  }

  /** Takes over what dead members hold; its delivery count goes on. */
  private async claim(): Promise<void> {
    if (performance.now() - this.claimedAtMs < this.settings.claimIdleMs / 2) return;
    this.claimedAtMs = performance.now();
    while (!this.stopping) {
      const taken = await this.idleEntries.takeOver();
      if (!taken) break;
      const deliveries = await this.decode(taken.raw);
      // One that kills whoever handles it never fails in the ordinary way.
      if (taken.deadly)
        for (const delivery of deliveries) await this.settle(delivery, 'every consumer that took it died');
      else await this.process(deliveries);
    }
    await this.forgetDeadConsumers();
  }

  /** Deleted entries and other groups' replays are acknowledged; unreadable ones go to the dead letters at once. */
  private async decode(raw: readonly RawStreamEntry[]): Promise<Delivery<Entry>[]> {
    const deliveries: Delivery<Entry>[] = [];
    const deletedIds: string[] = [];
    for (const [id, fields] of raw) {
      const meantFor = fields && replayedFor(fields);
      if (!fields || (meantFor !== null && meantFor !== this.settings.group)) {
        deletedIds.push(id);
        continue;
      }
      try {
        const entry = this.settings.codec.decode(firstIdOf(id, fields), fields);
        deliveries.push({ id, fields, entry });
      } catch (thrown) {
        await this.deadLetters.write({
          id,
          fields,
          deliveries: 1,
          reason: `unreadable: ${reasonOf(thrown)}`,
        });
        deletedIds.push(id);
      }
    }
    await this.acknowledge(deletedIds);
    return deliveries;
  }

  /** Handles and acknowledges what it can; returns the entries that fail on their own. */
  private async handleHalving(
    batch: readonly Delivery<Entry>[],
  ): Promise<{ delivery: Delivery<Entry>; reason: string }[]> {
    if (batch.length === 0) return [];
    try {
      await this.handle(batch.map(({ entry }) => entry));
    } catch (thrown) {
      const transient = thrown instanceof StoreUnavailableError || this.settings.isTransient?.(thrown);
      if (transient) throw thrown;
      if (batch.length === 1) return [{ delivery: batch[0], reason: reasonOf(thrown) }];
      const middle = Math.ceil(batch.length / 2);
      const first = await this.handleHalving(batch.slice(0, middle));
      return [...first, ...(await this.handleHalving(batch.slice(middle)))];
    }
    await this.acknowledge(batch.map(({ id }) => id));
    return [];
  }

  /** A failed entry stays pending until it has been delivered often enough, then becomes a dead letter. */
  private async settle({ id, fields }: Delivery<Entry>, reason: string): Promise<void> {
    const { writing, deliveriesMax, onTrouble } = this.settings;
    const deliveries = await this.deliveryCount(id);
    onTrouble({ connection: writing.name, message: `entry ${id} failed, delivery ${deliveries}: ${reason}` });
    if (deliveries < deliveriesMax) return;
    await this.deadLetters.write({ id, fields, deliveries, reason });
    await this.acknowledge([id]);
  }

  /** 0 when the entry is no longer pending, because its user was erased meanwhile. */
  private async deliveryCount(id: string): Promise<number> {
    const { writing, stream, group } = this.settings;
    const [pending] = (await writing.run((client) => client.xpending(stream, group, id, id, 1))) as [
      id: string,
      consumer: string,
      idleMs: number,
      deliveries: number,
    ][];
    return pending?.[3] ?? 0;
  }

  /**
   * Neither the entries nor their consumer were at fault: the deliveries so far do not count, or outages would make dead
   * letters of good entries.
   */
  private async excuse(own: readonly Delivery<Entry>[]): Promise<void> {
    const { writing, stream, group } = this.settings;
    const ids = own.map(({ id }) => id);
    await writing.run((client) =>
      client.xclaim(stream, group, this.consumer, 0, ...ids, 'RETRYCOUNT', 1, 'JUSTID'),
    );
    this.excused = false;
  }

  private async acknowledge(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { writing, stream, group } = this.settings;
    await writing.run((client) => client.xack(stream, group, ...ids));
  }

  private async forgetDeadConsumers(): Promise<void> {
    const { writing, stream, group } = this.settings;
    await writing.run(async (client) => {
      const consumers = (await client.xinfo('CONSUMERS', stream, group)) as (string | number)[][];
      const forgotten = consumers.filter(
        ([, name, , pendingCount, , idleMs]) =>
          name !== this.consumer && pendingCount === 0 && Number(idleMs) > FORGET_CONSUMER_MS,
      );
      if (forgotten.length === 0) return;
      const pipeline = client.pipeline();
      for (const [, name] of forgotten) pipeline.xgroup('DELCONSUMER', stream, group, String(name));
      pipelineResults(await pipeline.exec());
    });
  }

  /** Ends a blocked read without breaking the connection, so that nothing is delivered to nobody. */
  private async unblock(): Promise<void> {
    const { reading, writing } = this.settings;
    const blocked = reading.clientId;
    if (blocked === null || !writing.isReady) return;
    await writing.run((client) => client.client('UNBLOCK', blocked)).catch(() => undefined);
  }

  /** Deletes the consumer when it holds nothing; what it still holds, others claim. */
  private async leave(): Promise<void> {
    const { writing, stream, group } = this.settings;
    if (!writing.isReady) return;
    await writing
      .run(async (client) => {
        const pending = (await client.xpending(stream, group, '-', '+', 1, this.consumer)) as unknown[];
        if (pending.length === 0) await client.xgroup('DELCONSUMER', stream, group, this.consumer);
      })
      .catch(() => undefined);
  }
}
