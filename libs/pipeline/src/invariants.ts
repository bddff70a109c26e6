import { invariant } from '@winnow/domain';
import type { FilterOutcome } from './components';

type KeyOf<C> = (candidate: C) => number;

/** Keys are unique. O(n). */
export function assertUnique<C>(component: string, candidates: readonly C[], keyOf: KeyOf<C>): void {
  const keys = new Set<number>();
  for (const candidate of candidates) keys.add(keyOf(candidate));
  invariant(keys.size === candidates.length, `${component} returned a candidate twice`);
}

/** Output speaks of the same candidates as input, at the same indices. O(n). */
export function assertAligned<C>(
  component: string,
  input: readonly C[],
  output: readonly C[],
  keyOf: KeyOf<C>,
): void {
  invariant(
    input.length === output.length,
    `${component} got ${input.length} candidates and returned ${output.length}`,
  );
  for (let index = 0; index < input.length; index += 1)
    invariant(
      keyOf(input[index]) === keyOf(output[index]),
      `${component} returned another candidate at index ${index}`,
    );
}

/** Every score is a finite number. O(n). */
export function assertFinite<C>(
  component: string,
  candidates: readonly C[],
  scoreOf: (candidate: C) => number,
): void {
  for (const candidate of candidates)
    invariant(Number.isFinite(scoreOf(candidate)), `${component} returned a score that is not finite`);
}

/** Kept and removed together are the input, and kept is in the input's order. O(n). */
export function assertPartition<C>(
  component: string,
  input: readonly C[],
  { kept, removed }: FilterOutcome<C>,
  keyOf: KeyOf<C>,
): void {
  invariant(
    kept.length + removed.length === input.length,
    `${component} got ${input.length} candidates, kept ${kept.length} and removed ${removed.length}`,
  );
  const removedKeys = new Set(removed.map(({ candidate }) => keyOf(candidate)));
  let at = 0;
  for (const candidate of input) {
    const key = keyOf(candidate);
    if (removedKeys.has(key)) continue;
    invariant(
      at < kept.length && keyOf(kept[at]) === key,
      `${component} lost, invented or reordered a candidate`,
    );
    at += 1;
  }
}

/** Output is a permutation of input. O(n). */
export function assertPermutation<C>(
  component: string,
  input: readonly C[],
  output: readonly C[],
  keyOf: KeyOf<C>,
): void {
  invariant(
    input.length === output.length,
    `${component} got ${input.length} candidates and returned ${output.length}`,
  );
  const keys = new Set(input.map(keyOf));
  for (const candidate of output)
    invariant(
      keys.delete(keyOf(candidate)),
      `${component} returned a candidate twice or one it was not given`,
    );
}

/** By score, best first; equal scores by key, so that an order is the same everywhere. O(n log n). */
export function rankedByScore<C>(
  candidates: readonly C[],
  scoreOf: (candidate: C) => number,
  keyOf: KeyOf<C>,
): C[] {
  return [...candidates].sort((left, right) => scoreOf(right) - scoreOf(left) || keyOf(left) - keyOf(right));
}
