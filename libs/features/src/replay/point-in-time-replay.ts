import {
  invariant,
  ordinal as toOrdinal,
  type Description,
  type EventColumns,
  type Interaction,
} from '@winnow/domain';
import { ItemCounters } from '../counters/item-counters';
import { groupByUser } from '../neighbours/user-histories';

export interface PointInTimeReplayOptions {
  /** Oldest first. */
  readonly events: EventColumns;
  /** Says which event types are positive, what they count, and which mark an item as seen. */
  readonly description: Pick<Description, 'events' | 'training'>;
  /** Counters to go on from, when `events` continues an earlier window; taken over, not copied. */
  readonly counters?: ItemCounters;
}

/**
 * Walks a log in time order and shows, at every stop, exactly what serving would have known: counters, a user's
 * newest interactions, seen items. An event is visible to a moment only if it happened strictly before, so events
 * of one moment never see each other and nothing leaks from the future.
 */
export class PointInTimeReplay {
  readonly counters: ItemCounters;
  private readonly events: EventColumns;
  private readonly historyCountMax: number;
  private readonly weights: readonly number[];
  private readonly marksSeen: readonly boolean[];
  /** Event indices by user, oldest first. */
  private readonly byUser: { offsets: Uint32Array; events: Uint32Array };
  /** [users] How many of the user's events are visible. */
  private readonly visibleCounts: Uint32Array;
  private applied = 0;

  constructor({ events, description, counters }: PointInTimeReplayOptions) {
    const { timesMs } = events;
    for (let index = 1; index < events.count; index += 1)
      invariant(timesMs[index] >= timesMs[index - 1], 'events are ordered by time');
    this.events = events;
    this.historyCountMax = description.training.historyCountMax;
    this.weights = description.events.map((type) => (type.sentiment === 'positive' ? type.value : 0));
    this.marksSeen = description.events.map((type) => type.countsAsSeen);
    this.counters =
      counters ?? new ItemCounters({ halfLivesHours: description.training.trendingHalfLifeHours });
    this.byUser = groupByUser(events.users.subarray(0, events.count));
    this.visibleCounts = new Uint32Array(Math.max(events.userIds.length, this.byUser.offsets.length - 1));
  }

  /** Events applied so far: the index of the first one that is not visible. */
  get visibleEventCount(): number {
    return this.applied;
  }

  /** Makes everything visible that happened strictly before the event at `index`. Only forwards. */
  advanceTo(index: number): void {
    this.advanceToTime(index < this.events.count ? this.events.timesMs[index] : Infinity);
  }

  /** Makes everything visible that happened strictly before `timeMs`. Only forwards; O(events passed). */
  advanceToTime(timeMs: number): void {
    const { timesMs, ordinals, users, eventTypes, count } = this.events;
    invariant(this.applied === 0 || timeMs > timesMs[this.applied - 1], 'a replay only goes forwards');
    for (; this.applied < count && timesMs[this.applied] < timeMs; this.applied += 1) {
      const event = this.applied;
      this.visibleCounts[users[event]] += 1;
      const weight = this.weights[eventTypes[event]] ?? 0;
      if (weight !== 0) this.counters.apply(ordinals[event], timesMs[event], weight);
    }
  }

  /** The user's newest visible interactions of every type, oldest first, at most `historyCountMax`. */
  history(user: number): Interaction[] {
    const { ordinals, eventTypes, timesMs, values } = this.events;
    const visible = this.visibleEvents(user);
    return Array.from(visible.subarray(Math.max(0, visible.length - this.historyCountMax)), (event) => ({
      ordinal: toOrdinal(ordinals[event]),
      eventType: eventTypes[event],
      timeMs: timesMs[event],
      value: values[event],
    }));
  }

  /** Visible interactions of the user, also those that `history` cuts off. */
  interactionCount(user: number): number {
    return this.visibleCounts[user];
  }

  /** Distinct ordinals of the visible events that count as seen, ascending. */
  seen(user: number): Uint32Array {
    const { ordinals, eventTypes } = this.events;
    const marking = this.visibleEvents(user).filter((event) => this.marksSeen[eventTypes[event]]);
    const sorted = marking.map((event) => ordinals[event]).sort();
    return sorted.filter((ordinal, index) => index === 0 || ordinal !== sorted[index - 1]);
  }

  private visibleEvents(user: number): Uint32Array {
    const begin = this.byUser.offsets[user] ?? 0;
    return this.byUser.events.subarray(begin, begin + this.visibleCounts[user]);
  }
}
