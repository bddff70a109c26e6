import { POSITION_UNKNOWN } from '@winnow/models';
import type { ExampleMoment } from '../example-moments';
import type { ShownFrame } from './shown-frame';

/** What stood on the user's screen, and where, without what they had had before. */
export interface OnScreen {
  readonly ordinals: Uint32Array;
  readonly positions: Uint8Array;
}

/** Of the moment's slate; nothing where nobody recorded one. */
export function shownAt(
  { slate }: ExampleMoment,
  shown: ShownFrame | undefined,
  seen: Uint32Array,
): OnScreen {
  if (!shown || slate === null) return { ordinals: new Uint32Array(0), positions: new Uint8Array(0) };
  const had = new Set(seen);
  const [from, to] = [shown.offsets[slate], shown.offsets[slate + 1]];
  const ordinals = shown.ordinals.subarray(from, to);
  return {
    ordinals: ordinals.filter((ordinal) => !had.has(ordinal)),
    positions: shown.positions.subarray(from, to).filter((_, row) => !had.has(ordinals[row])),
  };
}

/**
 * Where each candidate stood; `chosen` begins with what was shown. What was merely retrieved stands in as if it had been shown
 * in its turn at the positions of the slate: else training would explain what was taken by its having been shown at all.
 */
export const displayPositions = (chosen: Uint32Array, { positions }: OnScreen): Uint8Array =>
  Uint8Array.from(chosen, (_, row) =>
    positions.length > 0 ? positions[row % positions.length] : POSITION_UNKNOWN,
  );

/** `ordinals` less those of `dropped`, in their order. */
export function without(ordinals: Uint32Array, dropped: Uint32Array): Uint32Array {
  const gone = new Set(dropped);
  return ordinals.filter((ordinal) => !gone.has(ordinal));
}
