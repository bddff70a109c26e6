import { invariant } from '@winnow/domain';

/** Who did what when, oldest first, as parallel columns; satisfied by EventColumns. */
export interface InteractionColumns {
  readonly users: Uint32Array;
  readonly ordinals: Uint32Array;
  readonly timesMs: Float64Array;
}

/** Everybody's newest distinct items, oldest first: user u's are the entries offsets[u] … offsets[u + 1]. */
export interface UserHistories {
  /** [users + 1] */
  readonly offsets: Uint32Array;
  /** [entries] */
  readonly ordinals: Uint32Array;
  /** [entries] Rank of the entry's time within its history; events of one moment share a step. */
  readonly steps: Uint16Array;
  /** [entries] Whose entry it is. */
  readonly users: Uint32Array;
  /** Every ordinal is below this. */
  readonly ordinalLimit: number;
}

const maximum = (values: Uint32Array): number => {
  let highest = -1;
  for (const value of values) if (value > highest) highest = value;
  return highest;
};

/** Event indices grouped by user, time order kept within each: a counting sort, O(events + users). */
export function groupByUser(users: Uint32Array): { offsets: Uint32Array; events: Uint32Array } {
  const offsets = new Uint32Array(maximum(users) + 2);
  for (const user of users) offsets[user + 1] += 1;
  for (let user = 1; user < offsets.length; user += 1) offsets[user] += offsets[user - 1];
  const next = offsets.slice();
  const events = new Uint32Array(users.length);
  for (let event = 0; event < users.length; event += 1) events[next[users[event]]++] = event;
  return { offsets, events };
}

/**
 * Cuts every user's history to the newest `historyCountMax` distinct items; of a repeated item its newest
 * event counts. O(events).
 */
export function userHistories(columns: InteractionColumns, historyCountMax: number): UserHistories {
  const { users, ordinals, timesMs } = columns;
  for (let event = 1; event < timesMs.length; event += 1)
    invariant(timesMs[event] >= timesMs[event - 1], 'events are ordered by time');
  const grouped = groupByUser(users);
  const userCount = grouped.offsets.length - 1;
  const ordinalLimit = maximum(ordinals) + 1;
  const lastTakenBy = new Int32Array(ordinalLimit).fill(-1);
  const offsets = new Uint32Array(userCount + 1);
  const kept = new Uint32Array(users.length);
  let size = 0;
  for (let user = 0; user < userCount; user += 1) {
    const begin = size;
    for (let at = grouped.offsets[user + 1] - 1; at >= grouped.offsets[user]; at -= 1) {
      if (size - begin === historyCountMax) break;
      const event = grouped.events[at];
      if (lastTakenBy[ordinals[event]] === user) continue;
      lastTakenBy[ordinals[event]] = user;
      kept[size++] = event;
    }
    kept.subarray(begin, size).reverse();
    offsets[user + 1] = size;
  }
  return { offsets, ...entriesOf(columns, kept.subarray(0, size), offsets), ordinalLimit };
}

function entriesOf(
  { users, ordinals, timesMs }: InteractionColumns,
  kept: Uint32Array,
  offsets: Uint32Array,
): Pick<UserHistories, 'ordinals' | 'steps' | 'users'> {
  const entries = {
    ordinals: kept.map((event) => ordinals[event]),
    users: kept.map((event) => users[event]),
    steps: new Uint16Array(kept.length),
  };
  for (let user = 0; user + 1 < offsets.length; user += 1)
    for (let entry = offsets[user] + 1; entry < offsets[user + 1]; entry += 1)
      entries.steps[entry] =
        entries.steps[entry - 1] + (timesMs[kept[entry]] > timesMs[kept[entry - 1]] ? 1 : 0);
  return entries;
}
