import { type AttributeDefinition, type AttributeValue, type Attributes, hashString } from '@winnow/domain';
import type { AttributeReport, Side, SideReport } from '@winnow/reporting';
import { AttributeProfile } from './attribute-profile';
import { DistinctSample } from './distinct-sample';
import { NumberSample } from './number-sample';

/** Ids whose rows and events are followed one by one; beyond, a uniform sample of them is. */
const ID_CAPACITY = 200_000;

/** What is known of one item or user. */
interface Followed {
  rowCount: number;
  changedRowCount: number;
  contentHash: number;
  eventCount: number;
  valueSum: number;
  firstEventMs: number;
  /** When it says that it came to be; NaN when it does not. */
  arrivalMs: number;
  /** One per definition: the number, the hash of the category, or NaN. Empty until something is described. */
  values: readonly number[];
}

const unfollowed = (): Followed => ({
  rowCount: 0,
  changedRowCount: 0,
  contentHash: 0,
  eventCount: 0,
  valueSum: 0,
  firstEventMs: Infinity,
  arrivalMs: NaN,
  values: [],
});

/** Columns over ids that are both described and active: what leaks are looked for in. */
export interface ComparedColumns {
  /** The attribute's number, or a hash of its category. */
  readonly values: Float64Array;
  readonly eventCounts: Float64Array;
  readonly meanValues: Float64Array;
  readonly firstEventsMs: Float64Array;
}

/** Everything about the items, or the users, of the data that passes by; memory does not grow with the data. */
export class SideProfile {
  private readonly attributes: readonly AttributeProfile[];
  private readonly followed: DistinctSample<string, Followed>;
  private rowCount = 0;

  constructor(
    private readonly side: Side,
    readonly definitions: readonly AttributeDefinition[],
  ) {
    this.attributes = definitions.map((definition) => new AttributeProfile(side, definition));
    this.followed = new DistinctSample(ID_CAPACITY);
  }

  /** Whether any row has described an id. */
  get isDescribed(): boolean {
    return this.rowCount > 0;
  }

  /** A row that describes an id. */
  describe(id: string, attributes: Attributes, arrivalMs?: number): void {
    this.rowCount += 1;
    for (const profile of this.attributes) profile.add(attributes[profile.definition.name]);
    this.followed.update(id, (state = unfollowed()) => {
      const contentHash = hashString(JSON.stringify(attributes));
      if (state.rowCount > 0 && contentHash !== state.contentHash) state.changedRowCount += 1;
      state.rowCount += 1;
      state.contentHash = contentHash;
      state.arrivalMs = arrivalMs ?? state.arrivalMs;
      state.values = this.definitions.map(({ name }) => comparableValue(attributes[name]));
      return state;
    });
  }

  /** An event that speaks of an id. */
  observe(id: string, timeMs: number, value: number): void {
    this.followed.update(id, (state = unfollowed()) => {
      state.eventCount += 1;
      state.valueSum += value;
      state.firstEventMs = Math.min(state.firstEventMs, timeMs);
      return state;
    });
  }

  attributeReports(): AttributeReport[] {
    return this.attributes.map((attribute) => attribute.report());
  }

  report(): SideReport {
    const { share } = this.followed;
    let [listed, repeated, changed, active, unlisted] = [0, 0, 0, 0, 0];
    const counts: number[] = [];
    const activity = new NumberSample();
    for (const { rowCount, changedRowCount, eventCount } of this.followed.values()) {
      if (rowCount > 0) listed += 1;
      repeated += Math.max(0, rowCount - 1 - changedRowCount);
      changed += changedRowCount;
      if (eventCount === 0) continue;
      active += 1;
      if (rowCount === 0) unlisted += 1;
      counts.push(eventCount);
      activity.add(eventCount);
    }
    const whole = (count: number): number => Math.round(count / share);
    return {
      side: this.side,
      rowCount: this.rowCount,
      listedCount: whole(listed),
      repeatedRowCount: whole(repeated),
      changedRowCount: whole(changed),
      activeCount: whole(active),
      unlistedCount: whole(unlisted),
      sampleShare: share,
      activity: activity.spread(),
      topShares: topShares(counts),
    };
  }

  /** The greatest number of events of one id that was followed. */
  busiest(): { readonly id: string; readonly eventCount: number } | null {
    let busiest: { id: string; eventCount: number } | null = null;
    for (const [id, { eventCount }] of this.followed.entries())
      if (eventCount > (busiest?.eventCount ?? 0)) busiest = { id, eventCount };
    return busiest;
  }

  /** An attribute beside what events say, over ids that have both. */
  compared(attribute: number): ComparedColumns {
    return this.columnsOf(({ values }) => values[attribute] ?? NaN);
  }

  /** Stated arrivals beside what events say. */
  comparedArrivals(): ComparedColumns {
    return this.columnsOf(({ arrivalMs }) => arrivalMs);
  }

  private columnsOf(valueOf: (state: Followed) => number): ComparedColumns {
    const states = [...this.followed.values()].filter(
      (state) => state.eventCount > 0 && !Number.isNaN(valueOf(state)),
    );
    return {
      values: Float64Array.from(states, valueOf),
      eventCounts: Float64Array.from(states, ({ eventCount }) => eventCount),
      meanValues: Float64Array.from(states, ({ valueSum, eventCount }) => valueSum / eventCount),
      firstEventsMs: Float64Array.from(states, ({ firstEventMs }) => firstEventMs),
    };
  }
}

function comparableValue(value: AttributeValue | undefined): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? hashString(value) : NaN;
}

/** Shares of the sum that the greatest 1 % and 10 % hold. */
function topShares(counts: number[]): readonly [number, number] {
  counts.sort((left, right) => right - left);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const shareOf = (part: number): number => {
    const held = counts.slice(0, Math.ceil(part * counts.length)).reduce((sum, count) => sum + count, 0);
    return total === 0 ? 0 : held / total;
  };
  return [shareOf(0.01), shareOf(0.1)];
}
