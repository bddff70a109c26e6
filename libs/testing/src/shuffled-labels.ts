import { seededRandom, type EventColumns } from '@winnow/domain';

/**
 * The same events, but the items of the first `count` are dealt out anew (Fisher and Yates): every item is as popular as
 * before, and who turned to what says nothing any more. What learns from it must be refused.
 */
export function shuffledLabels(events: EventColumns, count: number, seed: number): EventColumns {
  const random = seededRandom(seed);
  const ordinals = events.ordinals.slice();
  for (let at = count - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [ordinals[at], ordinals[other]] = [ordinals[other], ordinals[at]];
  }
  return { ...events, ordinals };
}
