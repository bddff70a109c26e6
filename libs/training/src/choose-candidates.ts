import { shuffle } from '@winnow/domain';
import type { Random } from '@winnow/domain';

interface ChoiceOptions {
  readonly countMax: number;
  readonly random: Random;
  /** What the user had before their eyes; all of it is chosen. */
  readonly shown?: Uint32Array;
  /** Choose negatives also where retrieval brought no positive. Default false. */
  readonly withoutPositives?: boolean;
}

/**
 * All that was shown, the positives that were retrieved, and a uniform sample of the rest; nothing without a positive. A
 * positive that was neither shown nor retrieved must not be added: it would be the only candidate of its kind, and rankers
 * would learn to favour what looks unretrievable – unknown items first of all. What was shown may be added whether it was
 * retrieved or not: it comes with what was left alone beside it.
 */
export function chooseCandidates(
  retrieved: Uint32Array,
  positives: ReadonlyMap<number, Float32Array>,
  { countMax, random, shown = new Uint32Array(0), withoutPositives = false }: ChoiceOptions,
): Uint32Array {
  const onScreen = new Set(shown);
  const merelyRetrieved = retrieved.filter((ordinal) => !onScreen.has(ordinal));
  const chosen = [...shown, ...merelyRetrieved.filter((ordinal) => positives.has(ordinal))];
  if (!withoutPositives && !chosen.some((ordinal) => positives.has(ordinal))) return new Uint32Array(0);
  const others = shuffle(
    merelyRetrieved.filter((ordinal) => !positives.has(ordinal)),
    random,
  );
  return Uint32Array.from([...chosen, ...others.subarray(0, Math.max(0, countMax - chosen.length))]);
}

/** Share of the retrieved negatives that were chosen; 1 when there were none. */
export function keptShare(
  retrieved: Uint32Array,
  chosen: Uint32Array,
  positives: ReadonlyMap<number, Float32Array>,
): number {
  const negatives = (ordinals: Uint32Array): number =>
    ordinals.reduce((count, ordinal) => count + (positives.has(ordinal) ? 0 : 1), 0);
  const all = negatives(retrieved);
  return all > 0 ? Math.max(1, negatives(chosen)) / all : 1;
}
