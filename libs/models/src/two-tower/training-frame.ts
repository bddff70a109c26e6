import { invariant } from '@winnow/domain';
import type { EventColumns, EventTypeDescription, Interaction, QueryFeatures } from '@winnow/domain';
import { groupByUser } from '@winnow/features';
import type { ProfileSource } from '../content-source';
import { GrowableFloat32, GrowableFloat64, GrowableUint32 } from '../growable-columns';
import type { BagColumns } from '../ranking-examples';

/**
 * What the two-tower model learns from, as columns. A *query* is a user at a moment; its history is the part of the
 * user's events strictly before. A *pair* is a query and an item that the user took at that moment.
 */
export interface TrainingFrame {
  /** Events by user, then time; every history is a range of these. */
  readonly ordinals: Uint32Array;
  readonly eventTypes: Uint8Array;
  readonly timesMs: Float64Array;
  /** Range of each user's events, [users + 1]. */
  readonly userOffsets: Uint32Array;
  readonly queryCount: number;
  readonly queryUsers: Uint32Array;
  readonly queryTimesMs: Float64Array;
  /** History of query q: events `[historyFrom[q], historyTo[q])`. */
  readonly historyFrom: Uint32Array;
  readonly historyTo: Uint32Array;
  /** Pairs of query q: `[pairOffsets[q], pairOffsets[q + 1])`. */
  readonly pairOffsets: Uint32Array;
  readonly pairOrdinals: Uint32Array;
  readonly pairWeights: Float32Array;
  readonly profiles: BagColumns;
  /** Every ordinal is below this. */
  readonly ordinalLimit: number;
}

export interface TrainingFrameOptions {
  /** Oldest first. */
  readonly events: EventColumns;
  readonly eventTypes: readonly EventTypeDescription[];
  readonly historyCountMax: number;
  readonly profileSource: ProfileSource;
  /** Attributes of the user with this index in `events.userIds`. */
  readonly userAttributes?: (user: number) => QueryFeatures['userAttributes'];
  /** Pairs this much older than the newest event count half; 0 or unset means all alike. */
  readonly pairHalfLifeMs?: number;
}

/**
 * Builds the frame in O(events + queries · history). A repeated item is a pair only the first time where its event
 * counts as seen, since serving would not show it again.
 */
export function buildTrainingFrame(options: TrainingFrameOptions): TrainingFrame {
  const { events, historyCountMax, pairHalfLifeMs = 0 } = options;
  const grouped = groupByUser(events.users.subarray(0, events.count));
  const sorted = {
    ordinals: grouped.events.map((event) => events.ordinals[event]),
    eventTypes: Uint8Array.from(grouped.events, (event) => events.eventTypes[event]),
    timesMs: Float64Array.from(grouped.events, (event) => events.timesMs[event]),
    values: Float32Array.from(grouped.events, (event) => events.values[event]),
  };
  const newestMs = events.count > 0 ? events.timesMs[events.count - 1] : 0;
  const ordinalLimit = sorted.ordinals.reduce((limit, ordinal) => Math.max(limit, ordinal + 1), 0);
  const queries = new QueryCollector(ordinalLimit, options);
  for (let user = 0; user + 1 < grouped.offsets.length; user += 1) {
    const [begin, end] = [grouped.offsets[user], grouped.offsets[user + 1]];
    for (let from = begin; from < end;) {
      let to = from + 1;
      while (to < end && sorted.timesMs[to] === sorted.timesMs[from]) to += 1;
      invariant(to === end || sorted.timesMs[to] > sorted.timesMs[from], 'events are ordered by time');
      const age = newestMs - sorted.timesMs[from];
      const weight = pairHalfLifeMs > 0 ? 0.5 ** (age / pairHalfLifeMs) : 1;
      const historyFrom = Math.max(begin, from - historyCountMax);
      queries.add({ user, userFrom: begin, historyFrom, from, to, weight }, sorted);
      from = to;
    }
  }
  return { ...sorted, userOffsets: grouped.offsets, ...queries.build(), ordinalLimit };
}

/** One moment of one user: the events `[from, to)`. */
interface Moment {
  readonly user: number;
  readonly userFrom: number;
  readonly historyFrom: number;
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

interface SortedEvents {
  readonly ordinals: Uint32Array;
  readonly eventTypes: Uint8Array;
  readonly timesMs: Float64Array;
  readonly values: Float32Array;
}

/** Turns moments into queries and pairs. */
class QueryCollector {
  private readonly users = new GrowableUint32();
  private readonly timesMs = new GrowableFloat64();
  private readonly historyFrom = new GrowableUint32();
  private readonly historyTo = new GrowableUint32();
  private readonly pairOffsets = new GrowableUint32();
  private readonly pairOrdinals = new GrowableUint32();
  private readonly pairWeights = new GrowableFloat32();
  private readonly profileOffsets = new GrowableUint32();
  private readonly profileRows = new GrowableUint32();
  private readonly profileWeights = new GrowableFloat32();
  /** Who last took the item in an event that counts as seen; users come one after another. */
  private readonly seenBy: Int32Array;
  private interactions: Interaction[] = [];
  private interactionsFrom = -1;

  constructor(
    ordinalLimit: number,
    private readonly options: TrainingFrameOptions,
  ) {
    this.seenBy = new Int32Array(ordinalLimit).fill(-1);
    this.pairOffsets.push(0);
    this.profileOffsets.push(0);
  }

  add(moment: Moment, events: SortedEvents): void {
    const { user, from, to, weight } = moment;
    const before = this.pairOrdinals.length;
    for (let event = from; event < to; event += 1) {
      const type = this.options.eventTypes[events.eventTypes[event]];
      const ordinal = events.ordinals[event];
      const repeated = this.seenBy[ordinal] === user;
      if (type.countsAsSeen) this.seenBy[ordinal] = user;
      if (type.sentiment !== 'positive' || type.value <= 0 || repeated) continue;
      this.pairOrdinals.push(ordinal);
      this.pairWeights.push(type.value * weight);
    }
    if (this.pairOrdinals.length > before) this.addQuery(moment, events);
  }

  private addQuery({ user, userFrom, historyFrom, from }: Moment, events: SortedEvents): void {
    this.users.push(user);
    this.timesMs.push(events.timesMs[from]);
    this.historyFrom.push(historyFrom);
    this.historyTo.push(from);
    this.pairOffsets.push(this.pairOrdinals.length);
    const { profileSource, userAttributes } = this.options;
    const profile = profileSource.queryProfile({
      history: this.historyOf(userFrom, from, events).slice(historyFrom - userFrom, from - userFrom),
      seedOrdinals: [],
      userAttributes: userAttributes?.(user) ?? {},
      context: {},
      nowMs: events.timesMs[from],
    });
    this.profileRows.append(profile.rows);
    this.profileWeights.append(profile.weights);
    this.profileOffsets.push(this.profileRows.length);
  }

  /** The user's interactions up to `to`, made once per user and extended as time goes on. */
  private historyOf(userFrom: number, to: number, events: SortedEvents): Interaction[] {
    if (this.interactionsFrom !== userFrom) this.interactions = [];
    this.interactionsFrom = userFrom;
    for (let event = userFrom + this.interactions.length; event < to; event += 1)
      this.interactions.push({
        ordinal: events.ordinals[event] as Interaction['ordinal'],
        eventType: events.eventTypes[event],
        timeMs: events.timesMs[event],
        value: events.values[event],
      });
    return this.interactions;
  }

  build() {
    return {
      queryCount: this.timesMs.length,
      queryUsers: this.users.toArray(),
      queryTimesMs: this.timesMs.toArray(),
      historyFrom: this.historyFrom.toArray(),
      historyTo: this.historyTo.toArray(),
      pairOffsets: this.pairOffsets.toArray(),
      pairOrdinals: this.pairOrdinals.toArray(),
      pairWeights: this.pairWeights.toArray(),
      profiles: {
        offsets: this.profileOffsets.toArray(),
        rows: this.profileRows.toArray(),
        weights: this.profileWeights.toArray(),
      },
    };
  }
}
