import type { ExampleMoment } from '../example-moments';
import type { ShownFrame } from './shown-frame';

/** What stood on the user's screen, without what they had had before; nothing where nobody recorded it. */
export function shownAt(
  { slate }: ExampleMoment,
  shown: ShownFrame | undefined,
  seen: Uint32Array,
): Uint32Array {
  if (!shown || slate === null) return new Uint32Array(0);
  const had = new Set(seen);
  return shown.ordinals
    .subarray(shown.offsets[slate], shown.offsets[slate + 1])
    .filter((ordinal) => !had.has(ordinal));
}

/** `ordinals` less those of `dropped`, in their order. */
export function without(ordinals: Uint32Array, dropped: Uint32Array): Uint32Array {
  const gone = new Set(dropped);
  return ordinals.filter((ordinal) => !gone.has(ordinal));
}
