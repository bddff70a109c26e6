import { openEventLog } from '../composition-root';
import type { Settings } from '../config.schema';
import { type CommandContext, requireDescription } from '../context';

const SAMPLE_SIZE = 1_000;

/** Users of the event log, the most recently active first; a made-up one when the log holds none. */
export async function someUserIds(
  settings: Settings,
  context: CommandContext,
  count = SAMPLE_SIZE,
): Promise<readonly string[]> {
  const { description } = await requireDescription(settings, context);
  const eventLog = openEventLog(settings);
  try {
    const eventTypes = description.events.map(({ name }) => name);
    const { users, userIds } = await eventLog.readEvents({ eventTypes });
    const recent = new Set<number>();
    for (let row = users.length - 1; row >= 0 && recent.size < count; row -= 1) recent.add(users[row]);
    return recent.size === 0 ? ['nobody'] : [...recent].map((user) => userIds[user]);
  } finally {
    await eventLog.close();
  }
}
