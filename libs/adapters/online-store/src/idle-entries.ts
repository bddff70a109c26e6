import type { RedisConnection } from './redis-connection';
import type { RawStreamEntry } from './stream-entry';

export interface IdleEntriesOptions {
  readonly connection: RedisConnection;
  readonly stream: string;
  readonly group: string;
  /** Who takes over. */
  readonly consumer: string;
  /** Held for this long without an acknowledgement: whoever holds it is dead. */
  readonly idleMs: number;
  readonly batchCountMax: number;
  readonly deliveriesMax: number;
}

/** Some entries that were taken over together. */
export interface TakenOver {
  readonly raw: readonly RawStreamEntry[];
  /** Every consumer that had them died: they are not to be tried again. */
  readonly deadly: boolean;
}

type Pending = [id: string, consumer: string, idleMs: number, deliveries: number];

/** Each piece that was handled makes the next so much larger: ten thousand entries are eight pieces, even from one up. */
const GROWTH = 4;

/**
 * What dead members of a group held. An entry that kills whoever handles it is found by taking over fewer and fewer entries
 * at a time, down to one before the last delivery: the good ones beside it are not buried with it. Most of what many
 * deaths have touched is good, though: after each piece that was survived the next is larger, and what a piece has beyond
 * the safe number is not counted as a delivery.
 */
export class IdleEntries {
  /** Pieces that were survived in succession. */
  private survived = 0;

  constructor(private readonly options: IdleEntriesOptions) {}

  /** Takes over the oldest of them; null when there are none. Asking again says that the last piece was survived. */
  async takeOver(): Promise<TakenOver | null> {
    const { connection, stream, group, consumer, idleMs, batchCountMax, deliveriesMax } = this.options;
    const pending = (await connection.run((client) =>
      client.xpending(stream, group, 'IDLE', idleMs, '-', '+', batchCountMax),
    )) as Pending[];
    if (pending.length === 0) {
      this.survived = 0;
      return null;
    }
    const deliveries = pending[0][3];
    const safeCount = takeOverCount({ deliveries, batchCountMax, deliveriesMax });
    const count = Math.min(batchCountMax, safeCount * GROWTH ** this.survived);
    this.survived += 1;
    const alike = pending.findIndex((one) => one[3] !== deliveries);
    const ids = pending
      .slice(0, alike < 0 ? undefined : alike)
      .slice(0, count)
      .map(([id]) => id);
    const uncounted = ids.length > safeCount ? ['RETRYCOUNT', deliveries] : [];
    const raw = (await connection.run((client) =>
      client.call('XCLAIM', stream, group, consumer, idleMs, ...ids, ...uncounted),
    )) as RawStreamEntry[];
    return { raw, deadly: deliveries >= deliveriesMax };
  }
}

/**
 * The whole batch for the first half of the deliveries, because consumers also die of other things; one entry at the last
 * delivery, and geometrically less in between.
 */
export function takeOverCount(options: {
  readonly deliveries: number;
  readonly batchCountMax: number;
  readonly deliveriesMax: number;
}): number {
  const { deliveries, batchCountMax, deliveriesMax } = options;
  if (deliveries >= deliveriesMax) return batchCountMax;
  const whole = Math.floor((deliveriesMax - 1) / 2);
  if (deliveries <= whole) return batchCountMax;
  return Math.ceil(batchCountMax ** (1 - (deliveries - whole) / (deliveriesMax - 1 - whole)));
}
