import type { Description, EventLogReader } from '@winnow/domain';
import { firstPositives, readItems, readUserAttributes } from '@winnow/training';
import type { DatasetFrame } from './dataset-frame';

const DAY_MS = 86_400_000;

/**
 * The event log of a home as evaluation wants it: the first positive event of each pair, of `retraining.windowDays` up to a
 * moment, so that whoever reads it later reads the same.
 */
export async function readHomeFrame(
  eventLog: EventLogReader,
  { description, untilMs }: { readonly description: Description; readonly untilMs: number },
): Promise<DatasetFrame> {
  const { windowDays } = description.retraining;
  const events = await eventLog.readEvents({
    eventTypes: description.events.map(({ name }) => name),
    toMs: untilMs,
    ...(windowDays > 0 ? { fromMs: untilMs - windowDays * DAY_MS } : {}),
  });
  const frame = { events, userAttributes: await readUserAttributes(eventLog, events) };
  return {
    items: await readItems({ description, eventLog }),
    frame: firstPositives(frame, description),
  };
}
