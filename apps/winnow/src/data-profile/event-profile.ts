import { hashString } from '@winnow/domain';
import type { EventDuplicates, EventTypeReport, TimelineReport } from '@winnow/reporting';
import { DistinctSample } from './distinct-sample';
import { NumberSample } from './number-sample';
import { Timeline } from './timeline';

const DAY_MS = 86_400_000;
/** Keys that are counted one by one; beyond, a uniform sample of them is. */
const KEY_CAPACITY = 100_000;

/** Spreads the bits of a 32-bit number over all of it. */
function mixed(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return (bits ^ (bits >>> 16)) >>> 0;
}

export interface ProfiledEvent {
  readonly userId: string;
  readonly itemId: string;
  readonly eventType: string;
  readonly timeMs: number;
  readonly value: number;
}

const increment = (count = 0): number => count + 1;

/** How often each of many keys occurs, from a sample of the keys. */
class Repetitions {
  private readonly counts = new DistinctSample<number, number>(KEY_CAPACITY);

  /** The key is made of hashes. */
  add(...parts: readonly number[]): void {
    let [high, low] = [0x9e3779b9, 0x85ebca6b];
    for (const part of parts) {
      high = mixed(high ^ part);
      low = mixed(Math.imul(low, 0x01000193) ^ part);
    }
    this.counts.update((high & 0x1fffff) * 2 ** 32 + low, increment);
  }

  /** Share of occurrences that are not the first of their key. */
  get repeatedShare(): number {
    let [all, repeated] = [0, 0];
    for (const count of this.counts.values()) {
      all += count;
      repeated += count - 1;
    }
    return all === 0 ? 0 : repeated / all;
  }

  /** Share of occurrences whose key occurs more than once. */
  get companyShare(): number {
    let [all, together] = [0, 0];
    for (const count of this.counts.values()) {
      all += count;
      if (count > 1) together += count;
    }
    return all === 0 ? 0 : together / all;
  }
}

/** Everything about the events that pass by; memory does not grow with them. */
export class EventProfile {
  private readonly indexes: ReadonlyMap<string, number>;
  private readonly types: { count: number; firstMs: number; lastMs: number; readonly values: NumberSample }[];
  private readonly timeline: Timeline;
  private readonly exact = new Repetitions();
  private readonly pairs = new Repetitions();
  private readonly moments = new Repetitions();
  private atMidnight = 0;
  private later = 0;

  constructor(
    private readonly names: readonly string[],
    private readonly nowMs: number,
  ) {
    this.indexes = new Map(names.map((name, index) => [name, index]));
    this.types = names.map(() => ({
      count: 0,
      firstMs: Infinity,
      lastMs: -Infinity,
      values: new NumberSample(),
    }));
    this.timeline = new Timeline(names);
  }

  /** False when the description has no such type: the import refuses the event. */
  add({ userId, itemId, eventType, timeMs, value }: ProfiledEvent): boolean {
    const index = this.indexes.get(eventType);
    if (index === undefined || !Number.isFinite(timeMs + value)) return false;
    const type = this.types[index];
    type.count += 1;
    type.firstMs = Math.min(type.firstMs, timeMs);
    type.lastMs = Math.max(type.lastMs, timeMs);
    type.values.add(value);
    this.timeline.add(index, timeMs);
    const [user, item] = [hashString(userId), hashString(itemId)];
    const moment = [Math.floor(timeMs / 2 ** 31), timeMs % 2 ** 31] as const;
    this.exact.add(user, item, index, ...moment);
    this.pairs.add(user, item, index);
    this.moments.add(user, ...moment);
    if (timeMs % DAY_MS === 0) this.atMidnight += 1;
    if (timeMs > this.nowMs) this.later += 1;
    return true;
  }

  get count(): number {
    return this.types.reduce((sum, { count }) => sum + count, 0);
  }

  /** Null when there was none. */
  get window(): { readonly firstMs: number; readonly lastMs: number } | null {
    if (this.count === 0) return null;
    return {
      firstMs: Math.min(...this.types.map(({ firstMs }) => firstMs)),
      lastMs: Math.max(...this.types.map(({ lastMs }) => lastMs)),
    };
  }

  /** Share of events at midnight UTC to the millisecond. */
  get midnightShare(): number {
    return this.count === 0 ? 0 : this.atMidnight / this.count;
  }

  /** Events later than the clock. */
  get futureCount(): number {
    return this.later;
  }

  typeReports(): EventTypeReport[] {
    return this.types.flatMap(({ count, firstMs, lastMs, values }, index) => {
      const spread = values.spread();
      return spread ? [{ name: this.names[index], count, firstMs, lastMs, values: spread }] : [];
    });
  }

  timelineReport(): TimelineReport | null {
    return this.timeline.report();
  }

  duplicates(): EventDuplicates | null {
    if (this.count === 0) return null;
    return {
      exactShare: this.exact.repeatedShare,
      repeatedPairShare: this.pairs.repeatedShare,
      sameMomentShare: this.moments.companyShare,
    };
  }
}
