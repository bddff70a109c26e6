import type { Description, EventLogReader } from '@winnow/domain';
import { firstPositives, readItems, readUserAttributes, readWindow } from '@winnow/training';
import type { DatasetFrame } from './dataset-frame';

/**
 * The event log of a home as evaluation wants it: the first positive event of each pair, of `retraining.windowDays` up to a
 * moment, so that whoever reads it later reads the same.
 */
export async function readHomeFrame(
  eventLog: EventLogReader,
  { description, untilMs }: { readonly description: Description; readonly untilMs: number },
): Promise<DatasetFrame> {
  const events = await readWindow({ description, eventLog, untilMs });
  const frame = { events, userAttributes: await readUserAttributes(eventLog, events) };
  return {
    items: await readItems({ description, eventLog }),
    frame: firstPositives(frame, description),
  };
}
