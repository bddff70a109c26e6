import type { Description } from '@winnow/domain';
import { openEventLog } from '../composition-root';
import type { Settings } from '../config.schema';

const SAMPLE_SIZE = 1_000;
/** A history that says something about a taste. */
const ACTIVE_EVENTS_MIN = 8;
const NOBODY = 'nobody';

interface UserActivity {
  readonly userId: string;
  readonly eventCount: number;
}

/** Users of the event log, the most recently active first. */
async function recentUsers(
  settings: Settings,
  description: Description,
  count: number,
): Promise<readonly UserActivity[]> {
  const eventLog = await openEventLog(settings);
  try {
    const eventTypes = description.events.map(({ name }) => name);
    const { users, userIds } = await eventLog.readEvents({ eventTypes });
    const eventCounts = new Uint32Array(userIds.length);
    for (const user of users) eventCounts[user] += 1;
    const recent = new Set<number>();
    for (let row = users.length - 1; row >= 0 && recent.size < count; row -= 1) recent.add(users[row]);
    return [...recent].map((user) => ({ userId: userIds[user], eventCount: eventCounts[user] }));
  } finally {
    await eventLog.close();
  }
}

/** Users to send load for; a made-up one when the log holds none. */
export async function someUserIds(
  settings: Settings,
  description: Description,
  count = SAMPLE_SIZE,
): Promise<readonly string[]> {
  const users = await recentUsers(settings, description, count);
  return users.length === 0 ? [NOBODY] : users.map(({ userId }) => userId);
}

/** Somebody who was here lately and whose taste is known; the same one for the same log. */
export async function activeUser(settings: Settings, description: Description): Promise<string> {
  const users = await recentUsers(settings, description, SAMPLE_SIZE);
  const active = users.find(({ eventCount }) => eventCount >= ACTIVE_EVENTS_MIN);
  return (active ?? users[0])?.userId ?? NOBODY;
}
