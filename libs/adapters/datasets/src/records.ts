import type { Attributes, ItemId, UserId } from '@winnow/domain';

export interface ItemRecord {
  readonly kind: 'item';
  readonly itemId: ItemId;
  readonly attributes: Attributes;
  /** What was mended in it; absent when nothing was. */
  readonly repairs?: readonly string[];
}

export interface UserRecord {
  readonly kind: 'user';
  readonly userId: UserId;
  readonly attributes: Attributes;
  readonly repairs?: readonly string[];
}

export interface EventRecord {
  readonly kind: 'event';
  readonly userId: UserId;
  readonly itemId: ItemId;
  readonly eventType: string;
  /** Milliseconds since the epoch, whole. */
  readonly timeMs: number;
  readonly value: number;
  /** Line of the file, from 1; together with the file's name it makes a stable event id. */
  readonly line: number;
  readonly repairs?: readonly string[];
}

/** A row that was refused. `reason` is one of a few texts, so that it can be counted; `raw` has the details. */
export interface BadRecord {
  readonly kind: 'bad';
  readonly file: string;
  readonly line: number;
  readonly reason: string;
  readonly raw: string;
}

export type GoodRecord = ItemRecord | UserRecord | EventRecord;
export type DatasetRecord = GoodRecord | BadRecord;

/** What an import read, kept, repaired and refused. */
export interface DatasetSummary {
  /** Records, good and bad. A row may give none (a header) or two (an event that brings a new item). */
  readonly readCount: number;
  readonly keptCount: number;
  /** Kept, but mended. */
  readonly repairedCount: number;
  readonly refusedCount: number;
  readonly itemCount: number;
  readonly userCount: number;
  readonly eventCount: number;
  readonly firstEventAtMs: number | null;
  readonly lastEventAtMs: number | null;
  readonly refusedByReason: Readonly<Record<string, number>>;
  readonly repairedByReason: Readonly<Record<string, number>>;
}

/** Bounds what a hostile file can make of the summary. */
const REASONS_MAX = 100;

class ReasonCounts {
  readonly #counts = new Map<string, number>();

  add(reason: string): void {
    const known = this.#counts.has(reason) || this.#counts.size < REASONS_MAX;
    const key = known ? reason : 'other reasons';
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  toObject(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([, a], [, b]) => b - a));
  }
}

/** Counts records as they pass. */
export class DatasetCounter {
  readonly #counts = { item: 0, user: 0, event: 0, bad: 0 };
  readonly #refused = new ReasonCounts();
  readonly #repaired = new ReasonCounts();
  #repairedCount = 0;
  #firstEventAtMs = Infinity;
  #lastEventAtMs = -Infinity;

  add(record: DatasetRecord): void {
    this.#counts[record.kind] += 1;
    if (record.kind === 'bad') {
      this.#refused.add(record.reason);
      return;
    }
    if (record.kind === 'event') {
      this.#firstEventAtMs = Math.min(this.#firstEventAtMs, record.timeMs);
      this.#lastEventAtMs = Math.max(this.#lastEventAtMs, record.timeMs);
    }
    if (!record.repairs) return;
    this.#repairedCount += 1;
    for (const repair of record.repairs) this.#repaired.add(repair);
  }

  summary(): DatasetSummary {
    const { item, user, event, bad } = this.#counts;
    return {
      readCount: item + user + event + bad,
      keptCount: item + user + event,
      repairedCount: this.#repairedCount,
      refusedCount: bad,
      itemCount: item,
      userCount: user,
      eventCount: event,
      firstEventAtMs: event > 0 ? this.#firstEventAtMs : null,
      lastEventAtMs: event > 0 ? this.#lastEventAtMs : null,
      refusedByReason: this.#refused.toObject(),
      repairedByReason: this.#repaired.toObject(),
    };
  }
}
