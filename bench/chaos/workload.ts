import type { eventV1 } from '@winnow/contracts';
import { seededRandom, type EventTypeDescription } from '@winnow/domain';

/** Accepted besides the types of the description; changes no online state. */
const IMPRESSION = 'impression';
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Shares of events that are late by days, and that are sent a second time although they were acknowledged. */
const LATE_SHARE = 0.02;
const REPEATED_SHARE = 0.03;
const LATE_DAYS_MAX = 20;

export interface WorkloadOptions {
  readonly count: number;
  readonly seed: number;
  readonly eventTypes: readonly EventTypeDescription[];
  readonly nowMs: number;
}

/**
 * Synthetic events as columns: what was sent, to compare the log and the online state with. Users are drawn with a heavy
 * head, so that some of them outgrow what the online state keeps of a user. All times differ.
 */
export class Workload {
  readonly count: number;
  readonly userCount: number;
  readonly itemCount: number = 500;
  /** The types of the description, then `impression`. */
  readonly typeNames: readonly string[];
  readonly users: Uint32Array;
  readonly items: Uint16Array;
  readonly types: Uint8Array;
  readonly timesMs: Float64Array;
  /** 1 where the event is sent a second time. */
  readonly repeated: Uint8Array;

  constructor({ count, seed, eventTypes, nowMs }: WorkloadOptions) {
    const random = seededRandom(seed);
    this.count = count;
    this.userCount = Math.max(20, Math.floor(count / 40));
    this.typeNames = [...eventTypes.map(({ name }) => name), IMPRESSION];
    this.users = new Uint32Array(count);
    this.items = new Uint16Array(count);
    this.types = new Uint8Array(count);
    this.timesMs = new Float64Array(count);
    this.repeated = new Uint8Array(count);
    const startMs = nowMs - HOUR_MS - count;
    for (let row = 0; row < count; row += 1) {
      this.users[row] = Math.floor(this.userCount * random() ** 3);
      this.items[row] = Math.floor(this.itemCount * random() ** 2);
      this.types[row] = Math.floor(this.typeNames.length * random());
      const lateDays = random() < LATE_SHARE ? 1 + Math.floor(LATE_DAYS_MAX * random()) : 0;
      this.timesMs[row] = startMs + row - lateDays * DAY_MS;
      this.repeated[row] = random() < REPEATED_SHARE ? 1 : 0;
    }
  }

  eventId(row: number): string {
    return `chaos-${row}`;
  }

  /** The row of an event id; −1 when the id is none of ours. */
  rowOf(eventId: string): number {
    const row = /^chaos-(\d+)$/.exec(eventId)?.[1];
    return row !== undefined && Number(row) < this.count ? Number(row) : -1;
  }

  userId(row: number): string {
    return `user-${this.users[row]}`;
  }

  itemId(row: number): string {
    return `item-${this.items[row]}`;
  }

  /** Small and with a fraction, so that neither doubles nor 32-bit floats round it. */
  value(row: number): number {
    return (row % 7) + 0.5;
  }

  event(row: number): Partial<eventV1.Event> {
    return {
      eventId: this.eventId(row),
      userId: this.userId(row),
      itemId: this.itemId(row),
      eventType: this.typeNames[this.types[row]],
      timeMs: this.timesMs[row],
      value: this.value(row),
    };
  }
}
