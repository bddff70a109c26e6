import type { Description } from '@winnow/domain';
import type { ItemTable, PointInTimeReplay } from '@winnow/features';
import { firstIndexAt, frameUpTo } from '../frame';
import type { RunFrame } from '../frame';
import { holdoutCases } from '../holdout';
import { offlineFunnel, rankUsers, replayedUsers } from '../offline-funnel';
import type { OfflineModels } from '../offline-funnel';

const DAY_MS = 86_400_000;
/** People of a day who are asked for: each costs a request. */
const USER_COUNT_MAX = 100;
const K = 20;

/**
 * Asks a release for people who came within a day and turned to something new, as of the day's start. The same for a
 * reference and for what is compared with it.
 */
export async function askForThoseWhoCame({
  description,
  items,
  frame,
  models,
  replay,
  dayMs,
}: {
  readonly description: Description;
  readonly items: ItemTable;
  readonly frame: RunFrame;
  readonly models: OfflineModels;
  /** Stands at `dayMs`. */
  readonly replay: PointInTimeReplay;
  readonly dayMs: number;
}): Promise<void> {
  const { timesMs } = frame.events;
  const cases = holdoutCases({
    ...{ description, items, replay, userCountMax: USER_COUNT_MAX },
    holdoutIndex: firstIndexAt(timesMs, dayMs),
    frame: frameUpTo(frame, firstIndexAt(timesMs, dayMs + DAY_MS)),
  });
  const funnel = await offlineFunnel({ models, users: replayedUsers(frame, replay), nowMs: dayMs });
  await rankUsers(funnel, { users: cases.map(({ user }) => user), k: K, nowMs: dayMs });
}
