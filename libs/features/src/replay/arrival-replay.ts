import {
  compareCursors,
  invariant,
  ordinal as toOrdinal,
  type Description,
  type Interaction,
  type StreamCursor,
  type TrackedEvent,
} from '@winnow/domain';
import { ItemCounters } from '../counters/item-counters';

/** Events of types that the description names, as parallel columns in the order in which they arrived. */
interface ArrivedEvents {
  readonly count: number;
  readonly users: readonly number[];
  readonly ordinals: readonly number[];
  readonly eventTypes: readonly number[];
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
  /** Null for what was imported: it was there before the stream. */
  readonly cursors: readonly (StreamCursor | null)[];
}

export interface ArrivalReplayOptions {
  readonly description: Pick<Description, 'events' | 'training'>;
  /** Newest interactions, by event time, that a user's record holds. */
  readonly recentCountMax: number;
  /** Whether counters count an event. Default: all of them do. */
  readonly counts?: (event: { readonly timeMs: number; readonly cursor: StreamCursor | null }) => boolean;
}

const hasArrived = (cursor: StreamCursor | null, upTo: StreamCursor | null): boolean =>
  cursor === null || (upTo !== null && compareCursors(cursor, upTo) <= 0);

/**
 * Walks a log in the order of the stream and shows what a process that had followed it up to a position knew: counters,
 * and a user's newest interactions. `PointInTimeReplay` asks what had happened; this asks what had been heard of, late
 * and future events included. The counters are those that serving keeps.
 */
export class ArrivalReplay {
  readonly counters: ItemCounters;
  private readonly byUser = new Map<string, number[]>();
  private applied = 0;
  private readonly weights: readonly number[];

  private constructor(
    private readonly events: ArrivedEvents,
    private readonly options: ArrivalReplayOptions,
    userIds: readonly string[],
  ) {
    const { description } = options;
    this.weights = description.events.map((type) => (type.sentiment === 'positive' ? type.value : 0));
    this.counters = new ItemCounters({ halfLivesHours: description.training.trendingHalfLifeHours });
    for (let event = 0; event < events.count; event += 1) {
      const user = userIds[events.users[event]];
      const ofUser = this.byUser.get(user);
      if (ofUser) ofUser.push(event);
      else this.byUser.set(user, [event]);
    }
  }

  /** Reads all batches; O(events) memory. Events of other types than the description's change nothing, as in serving. */
  static async read(
    batches: AsyncIterable<readonly TrackedEvent[]>,
    options: ArrivalReplayOptions,
  ): Promise<ArrivalReplay> {
    const typeOf = new Map(options.description.events.map(({ name }, index) => [name, index]));
    const kept: TrackedEvent[] = [];
    for await (const batch of batches) kept.push(...batch.filter(({ eventType }) => typeOf.has(eventType)));
    // Stable: events of no position stay in the order of the log.
    kept.sort((left, right) => compareCursors(left.cursor ?? '0', right.cursor ?? '0'));
    const users = new Map<string, number>();
    for (const { userId } of kept) if (!users.has(userId)) users.set(userId, users.size);
    const events: ArrivedEvents = {
      count: kept.length,
      users: kept.map(({ userId }) => users.get(userId) ?? 0),
      ordinals: kept.map(({ ordinal }) => ordinal),
      eventTypes: kept.map(({ eventType }) => typeOf.get(eventType) ?? 0),
      timesMs: kept.map(({ timeMs }) => timeMs),
      values: kept.map(({ value }) => Math.fround(value)),
      cursors: kept.map(({ cursor }) => cursor ?? null),
    };
    return new ArrivalReplay(events, options, [...users.keys()]);
  }

  /** Makes the counters know everything up to a position, itself included. Only forwards; O(events passed). */
  advanceTo(cursor: StreamCursor): void {
    const { cursors, timesMs, ordinals, eventTypes, count } = this.events;
    const { counts = () => true } = this.options;
    const newest = this.applied > 0 ? cursors[this.applied - 1] : null;
    invariant(newest === null || compareCursors(cursor, newest) >= 0, 'a replay only goes forwards');
    for (; this.applied < count && hasArrived(cursors[this.applied], cursor); this.applied += 1) {
      const event = this.applied;
      const weight = this.weights[eventTypes[event]] ?? 0;
      if (weight !== 0 && counts({ timeMs: timesMs[event], cursor: cursors[event] }))
        this.counters.apply(ordinals[event], timesMs[event], weight);
    }
  }

  /** The user's newest interactions among those up to a position, oldest first; up to null, those that were imported. */
  history(userId: string, upTo: StreamCursor | null): Interaction[] {
    const { ordinals, eventTypes, timesMs, values, cursors } = this.events;
    return (this.byUser.get(userId) ?? [])
      .filter((event) => hasArrived(cursors[event], upTo))
      .map((event) => ({
        ordinal: toOrdinal(ordinals[event]),
        eventType: eventTypes[event],
        timeMs: timesMs[event],
        value: values[event],
      }))
      .sort((left, right) => left.timeMs - right.timeMs)
      .slice(-this.options.recentCountMax);
  }
}
