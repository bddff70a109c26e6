import type { EventLogReader } from '@winnow/domain';
import type { DataProfiler } from './data-profiler';

/**
 * Where a source has events and describes nothing, the items and users of earlier imports say what the events are about:
 * catalogue and events often come as two files. Items that only events speak of are left out.
 */
export async function profileKnownRecords(
  profiler: DataProfiler,
  log: Pick<EventLogReader, 'readItems' | 'readUsers'>,
): Promise<void> {
  if (!profiler.describesItems)
    for await (const items of log.readItems())
      for (const { itemId, attributes } of items)
        if (Object.keys(attributes).length > 0) profiler.addItem(itemId, attributes);
  if (!profiler.describesUsers)
    for await (const users of log.readUsers())
      for (const { userId, attributes } of users) profiler.addUser(userId, attributes);
}
