import type { ItemTable } from '@winnow/features';
import type { RunFrame } from '../../frame';
import type { HoldoutCase } from '../../holdout';
import type { ShownFrame } from '../../shown/shown-frame';

/**
 * By case: everything new that the log knows the user to have met in the held-out slice – taken, refused or merely shown,
 * if the log says so. Ascending.
 */
export function shownItems(
  cases: readonly HoldoutCase[],
  {
    frame: { events },
    shown,
    holdoutIndex,
    items,
  }: {
    readonly frame: RunFrame;
    readonly shown: ShownFrame;
    readonly holdoutIndex: number;
    readonly items: ItemTable;
  },
): Uint32Array[] {
  const met = new Map(cases.map(({ user }) => [user, new Set<number>()]));
  for (let event = holdoutIndex; event < events.count; event += 1)
    if (items.has(events.ordinals[event])) met.get(events.users[event])?.add(events.ordinals[event]);
  const fromMs = events.timesMs[holdoutIndex] ?? Infinity;
  for (let slate = 0; slate < shown.count; slate += 1) {
    if (shown.servedAtMs[slate] < fromMs) continue;
    for (let row = shown.offsets[slate]; row < shown.offsets[slate + 1]; row += 1)
      met.get(shown.users[slate])?.add(shown.ordinals[row]);
  }
  return cases.map(({ user, seen }) => {
    const known = new Set(seen);
    return Uint32Array.from(met.get(user) ?? [])
      .filter((ordinal) => !known.has(ordinal))
      .sort();
  });
}

/** Indexes of the cases in which something was taken and something left of what was shown: an order can be right or wrong. */
export const tellingCases = (
  cases: readonly HoldoutCase[],
  shown: readonly Uint32Array[],
): readonly number[] =>
  cases.flatMap(({ relevant }, index) => {
    const wanted = new Set(relevant);
    const taken = shown[index].filter((ordinal) => wanted.has(ordinal)).length;
    return taken > 0 && taken < shown[index].length ? [index] : [];
  });
