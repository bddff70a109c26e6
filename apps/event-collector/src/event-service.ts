import { randomUUID } from 'node:crypto';
import { eventV1 } from '@winnow/contracts';
import {
  ok,
  type CatalogReader,
  type Clock,
  type Description,
  type EventStreamWriter,
  type TrackedEvent,
} from '@winnow/domain';
import { invalidArgument, type RpcHandlers } from '@winnow/platform';
import { acceptedEventTypes, checkEvent, type CheckedEvent } from './event-checks';
import { orUnavailable } from './store-failures';

const { EventStatus } = eventV1;

/** Events in one Track, and in one batch of a TrackStream; one script call, so all are taken or none. */
export const EVENTS_MAX = 1_000;

export interface EventServiceOptions {
  readonly description: Pick<Description, 'events'>;
  readonly catalog: Pick<CatalogReader, 'resolve'>;
  readonly events: EventStreamWriter;
  readonly clock: Clock;
  /** Throws when the stores are not ready to be written to. */
  readonly assertReady: () => void;
  readonly onVerdicts?: (counts: VerdictCounts) => void;
}

export interface VerdictCounts {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
}

const rejected = (eventId: string, reason: string): eventV1.EventVerdict => ({
  eventId,
  status: EventStatus.EVENT_STATUS_REJECTED,
  reason,
});

const countStatus = (verdicts: readonly eventV1.EventVerdict[], status: eventV1.EventStatus): number =>
  verdicts.reduce((count, verdict) => count + (verdict.status === status ? 1 : 0), 0);

/** Events in: checked one by one, put into the durable stream together, then acknowledged. */
export function eventService(options: EventServiceOptions): RpcHandlers<typeof eventV1.EventServiceService> {
  const eventTypes = acceptedEventTypes(options.description);

  const track = async (events: readonly eventV1.Event[]): Promise<eventV1.EventVerdict[]> => {
    if (events.length > EVENTS_MAX)
      throw invalidArgument('events', `must be at most ${EVENTS_MAX}, are ${events.length}`);
    options.assertReady();
    const nowMs = options.clock.nowMs();
    const checked = events.map((event) => checkEvent(event, { eventTypes, nowMs, newId: randomUUID }));
    return orUnavailable(() => appendChecked(events, checked, options));
  };

  const counted = (verdicts: readonly eventV1.EventVerdict[]): VerdictCounts => {
    const counts = {
      accepted: countStatus(verdicts, EventStatus.EVENT_STATUS_ACCEPTED),
      duplicate: countStatus(verdicts, EventStatus.EVENT_STATUS_DUPLICATE),
      rejected: countStatus(verdicts, EventStatus.EVENT_STATUS_REJECTED),
    };
    options.onVerdicts?.(counts);
    return counts;
  };

  return {
    track: async ({ events }) => {
      const verdicts = await track(events);
      const { accepted, duplicate, rejected: rejectedCount } = counted(verdicts);
      return ok({ verdicts, acceptedCount: accepted, duplicateCount: duplicate, rejectedCount });
    },
    trackStream: async ({ batch, events }) => {
      const verdicts = await track(events);
      counted(verdicts);
      return ok({ batch, verdicts });
    },
  };
}

/** Looks items up, appends what is left, and says of each event what became of it. */
async function appendChecked(
  given: readonly eventV1.Event[],
  checked: readonly (CheckedEvent | string)[],
  { catalog, events }: Pick<EventServiceOptions, 'catalog' | 'events'>,
): Promise<eventV1.EventVerdict[]> {
  const sound = checked.filter((event) => typeof event !== 'string');
  const ids = [...new Set(sound.map(({ itemId }) => itemId))];
  const ordinals = await catalog.resolve(ids);
  const ordinalOf = new Map(ids.map((id, index) => [id, ordinals[index]]));

  const verdicts: eventV1.EventVerdict[] = [];
  const tracked: TrackedEvent[] = [];
  const positions: number[] = [];
  checked.forEach((event, index) => {
    if (typeof event === 'string') {
      verdicts[index] = rejected(given[index].eventId, event);
      return;
    }
    const ordinal = ordinalOf.get(event.itemId) ?? null;
    if (ordinal === null) {
      verdicts[index] = rejected(event.eventId, `item_id: unknown item ${event.itemId}; upsert it first`);
      return;
    }
    tracked.push({ ...event, ordinal });
    positions.push(index);
  });
  const appended = tracked.length > 0 ? await events.append(tracked) : [];
  appended.forEach(({ status }, position) => {
    const accepted = status === 'accepted';
    verdicts[positions[position]] = {
      eventId: tracked[position].eventId,
      status: accepted ? EventStatus.EVENT_STATUS_ACCEPTED : EventStatus.EVENT_STATUS_DUPLICATE,
      reason: '',
    };
  });
  return verdicts;
}
