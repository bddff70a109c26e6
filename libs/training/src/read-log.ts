import type { Attributes, Clock, Description, EventColumns, EventLogReader } from '@winnow/domain';
import { ItemTable } from '@winnow/features';

const DAY_MS = 86_400_000;

/** What reading the log for a training needs. */
export interface LogSource {
  readonly description: Description;
  readonly eventLog: EventLogReader;
  readonly clock: Clock;
}

/** The events of `retraining.windowDays`, oldest first. */
export function readWindow({ description, eventLog, clock }: LogSource): Promise<EventColumns> {
  const { windowDays } = description.retraining;
  return eventLog.readEvents({
    eventTypes: description.events.map(({ name }) => name),
    ...(windowDays > 0 ? { fromMs: clock.nowMs() - windowDays * DAY_MS } : {}),
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
