import type { EventColumns, ItemTableDescription } from '@winnow/domain';

const DAY_MS = 86_400_000;

/** Which items have embedding rows of their own, and how these are kept. */
export type ItemTablePolicy = ItemTableDescription;

/** A row for every item that was ever seen. */
export const DEFAULT_ITEM_TABLE: ItemTablePolicy = {
  kind: 'direct',
  rowCount: 1_000_000,
  admitAfterCount: 1,
  expireAfterDays: 0,
};

/** How often and when last each item was seen, by ordinal. */
export interface ItemActivity {
  readonly counts: Uint32Array;
  readonly lastSeenMs: Float64Array;
}

/** Counts the events of each item. O(events). */
export function itemActivity(
  events: Pick<EventColumns, 'count' | 'ordinals' | 'timesMs'>,
  ordinalLimit: number,
): ItemActivity {
  const counts = new Uint32Array(ordinalLimit);
  const lastSeenMs = new Float64Array(ordinalLimit).fill(-Infinity);
  for (let event = 0; event < events.count; event += 1) {
    const ordinal = events.ordinals[event];
    counts[ordinal] += 1;
    lastSeenMs[ordinal] = Math.max(lastSeenMs[ordinal], events.timesMs[event]);
  }
  return { counts, lastSeenMs };
}

/**
 * Items to admit: seen often enough, and not too long ago. Items to expire: known by their id, but not seen for too
 * long. Both ascending. O(ordinals).
 *
 * @param options.nowMs the moment from which age counts, usually the newest event
 */
export function planItemRows(options: {
  readonly activity: ItemActivity;
  readonly policy: ItemTablePolicy;
  readonly hasRow: (ordinal: number) => boolean;
  /** Ordinals below this may have rows already. */
  readonly ordinalLimit: number;
  readonly nowMs: number;
}): { readonly admit: readonly number[]; readonly expire: readonly number[] } {
  const { activity, policy, hasRow, ordinalLimit, nowMs } = options;
  const seenSinceMs = policy.expireAfterDays > 0 ? nowMs - policy.expireAfterDays * DAY_MS : -Infinity;
  const admit: number[] = [];
  const expire: number[] = [];
  for (let ordinal = 0; ordinal < Math.max(ordinalLimit, activity.counts.length); ordinal += 1) {
    const count = activity.counts[ordinal] ?? 0;
    const current = count > 0 && activity.lastSeenMs[ordinal] >= seenSinceMs;
    if (hasRow(ordinal)) {
      if (!current && policy.expireAfterDays > 0) expire.push(ordinal);
    } else if (current && count >= policy.admitAfterCount) admit.push(ordinal);
  }
  return { admit, expire };
}
