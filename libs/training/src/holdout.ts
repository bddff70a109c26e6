import type { Description, EventColumns } from '@winnow/domain';
import type { ItemTable, PointInTimeReplay } from '@winnow/features';
import { positiveEventTypes, splitIndex } from './frame';
import type { RunFrame } from './frame';

/** Newest share of the events that no network trains on: what the gate measures with. */
const HOLDOUT_SHARE = 0.05;
/** Users beyond this make the figures no surer, only later. */
const USER_COUNT_MAX = 500;

/** The first event that is held out. */
export const holdoutIndexOf = ({ timesMs }: Pick<EventColumns, 'timesMs'>): number =>
  splitIndex(timesMs, HOLDOUT_SHARE);

/** Somebody with a past who newly turned to something in the held-out slice. */
export interface HoldoutCase {
  readonly user: number;
  readonly seen: Uint32Array;
  readonly relevant: Uint32Array;
}

export interface HoldoutOptions {
  readonly description: Description;
  readonly frame: RunFrame;
  readonly items: ItemTable;
  readonly holdoutIndex: number;
  /** Advanced to the start of the slice. */
  readonly replay: PointInTimeReplay;
  /** Default 500. */
  readonly userCountMax?: number;
}

/** Users with a past and something new in the held-out slice, in order of first appearance there. */
export function holdoutCases(options: HoldoutOptions): HoldoutCase[] {
  const { description, items, holdoutIndex, replay, userCountMax = USER_COUNT_MAX } = options;
  const { events } = options.frame;
  const positive = positiveEventTypes(description);
  const newItems = new Map<number, Set<number>>();
  for (let event = holdoutIndex; event < events.count; event += 1) {
    const user = events.users[event];
    if (!positive[events.eventTypes[event]] || replay.interactionCount(user) === 0) continue;
    if (!items.has(events.ordinals[event])) continue;
    if (!newItems.has(user) && newItems.size < userCountMax) newItems.set(user, new Set());
    newItems.get(user)?.add(events.ordinals[event]);
  }
  return [...newItems]
    .map(([user, ordinals]) => {
      const seen = replay.seen(user);
      for (const ordinal of seen) ordinals.delete(ordinal);
      return { user, seen, relevant: Uint32Array.from(ordinals) };
    })
    .filter(({ relevant }) => relevant.length > 0);
}
