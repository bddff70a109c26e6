import type {
  Attributes,
  Clock,
  Description,
  EventColumns,
  EventLogReader,
  StreamCursor,
} from '@winnow/domain';
import { ItemTable } from '@winnow/features';

const DAY_MS = 86_400_000;

/** What reading the log for a training needs. */
export interface LogSource {
  readonly description: Description;
  readonly eventLog: EventLogReader;
  readonly clock: Clock;
}

/** A window that ends now, or at `untilMs`: then whoever reads it later reads the same. */
export type WindowSource = Omit<LogSource, 'clock'> &
  ({ readonly clock: Clock; readonly untilMs?: undefined } | { readonly untilMs: number });

/**
 * The events of `retraining.windowDays`, oldest first; with `upTo`, none that came by the stream after that position:
 * whoever goes on from there counts nothing twice.
 */
export function readWindow(source: WindowSource, upTo?: StreamCursor): Promise<EventColumns> {
  const { description, eventLog, untilMs } = source;
  const { windowDays } = description.retraining;
  const endMs = source.untilMs ?? source.clock.nowMs();
  return eventLog.readEvents({
    eventTypes: description.events.map(({ name }) => name),
    ...(windowDays > 0 ? { fromMs: endMs - windowDays * DAY_MS } : {}),
    ...(untilMs === undefined ? {} : { toMs: untilMs }),
    ...(upTo === undefined ? {} : { upTo }),
  });
}

/** The catalogue as it stands. */
export async function readItems({ description, eventLog }: Omit<LogSource, 'clock'>): Promise<ItemTable> {
  const items = new ItemTable(description.items.attributes, description.items.titleAttribute);
  for await (const batch of eventLog.readItems()) for (const item of batch) items.upsert(item);
  return items;
}

/** Of the users of `events`, by their index there. */
export async function readUserAttributes(
  eventLog: EventLogReader,
  events: EventColumns,
): Promise<Attributes[]> {
  const indexOf = new Map(events.userIds.map((userId, index) => [userId, index]));
  const attributes = new Array<Attributes>(events.userIds.length).fill({});
  for await (const batch of eventLog.readUsers())
    for (const user of batch) {
      const index = indexOf.get(user.userId);
      if (index !== undefined) attributes[index] = user.attributes;
    }
  return attributes;
}
