import { eventTypeIndex } from '@winnow/domain';
import type { Description, EventColumns } from '@winnow/domain';
import type { ExampleMoment } from './example-moments';
import { firstIndexAt } from './frame';

const HOUR_MS = 3_600_000;

/** What a head learns from. */
interface Objective {
  readonly eventType: number;
  readonly valueMin: number;
  /** The label is the event's value, not that it happened. */
  readonly wantsValue: boolean;
}

/** Which items a user acted on within the horizon of a moment, per objective. */
export class HorizonLabels {
  private readonly objectives: readonly Objective[];
  private readonly eventsOfUser = new Map<number, number[]>();
  private readonly horizonMs: number;

  constructor(
    private readonly events: EventColumns,
    description: Description,
  ) {
    this.horizonMs = description.training.ranker.labelHorizonHours * HOUR_MS;
    this.objectives = description.objectives.map(({ event, valueMin, loss = 'log-loss' }) => ({
      eventType: eventTypeIndex(description, event),
      valueMin: valueMin ?? -Infinity,
      wantsValue: loss !== 'log-loss',
    }));
    for (let event = 0; event < events.count; event += 1) {
      const own = this.eventsOfUser.get(events.users[event]);
      if (own) own.push(event);
      else this.eventsOfUser.set(events.users[event], [event]);
    }
  }

  /**
   * Ordinal → one label per objective, for the user's events from the moment's start to the horizon's end: 0 or 1, or the
   * newest value, NaN when there was none.
   */
  of({ user, timeMs }: Pick<ExampleMoment, 'user' | 'timeMs'>): Map<number, Float32Array> {
    const { timesMs, ordinals, eventTypes, values } = this.events;
    const start = firstIndexAt(timesMs, timeMs);
    const labels = new Map<number, Float32Array>();
    for (const event of this.eventsOfUser.get(user) ?? []) {
      if (event < start || timesMs[event] >= timeMs + this.horizonMs) continue;
      this.objectives.forEach(({ eventType, valueMin, wantsValue }, objective) => {
        if (eventTypes[event] !== eventType || values[event] < valueMin) return;
        const own = labels.get(ordinals[event]) ?? this.nothing.slice();
        own[objective] = wantsValue ? values[event] : 1;
        labels.set(ordinals[event], own);
      });
    }
    return labels;
  }

  /** Labels of an item that the user did not act on. */
  get nothing(): Float32Array {
    return Float32Array.from(this.objectives, ({ wantsValue }) => (wantsValue ? NaN : 0));
  }
}
