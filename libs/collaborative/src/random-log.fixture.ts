import { seededRandom } from '@winnow/domain';
import type { MatrixProduct } from './linear-algebra/invert-by-blocks';
import type { LearningInput } from './vocabulary-scorer';

/** A small log with popular and rare items, repeats, and items outside the vocabulary. */
export function randomInput(seed: number, { users = 40, items = 25, events = 500 } = {}): LearningInput {
  const random = seededRandom(seed);
  return {
    past: {
      users: Uint32Array.from({ length: events }, () => Math.floor(random() * users)),
      ordinals: Uint32Array.from({ length: events }, () => 2 * Math.floor(random() * random() * items)),
      timesMs: Float64Array.from({ length: events }, (_, index) => 1_000 * index),
    },
    // Every third item is left out.
    vocabulary: Uint32Array.from({ length: items }, (_, index) => 2 * index).filter(
      (_, index) => index % 3 !== 2,
    ),
  };
}

/** Everybody's vocabulary items in order, as the definition reads. */
export function plainSequences({ past, vocabulary }: LearningInput): number[][] {
  const sequences = new Map<number, number[]>();
  past.users.forEach((user, index) => {
    const sequence = sequences.get(user) ?? [];
    sequences.set(user, sequence);
    if (vocabulary.includes(past.ordinals[index])) sequence.push(past.ordinals[index]);
  });
  return [...sequences.values()];
}

/** A history with a repeat and items outside the vocabulary, for `randomInput`. */
export const HISTORY = Uint32Array.of(0, 6, 4, 2, 8, 6, 12, 1);

export const QUERY = { history: HISTORY, historyTimesMs: new Float64Array(HISTORY.length) };

/** Weight of each distinct vocabulary item of `HISTORY`: decay to the number of places from the end, newest of a repeat. */
export function plainWeights(vocabulary: Uint32Array, decay: number): Map<number, number> {
  const weights = new Map<number, number>();
  HISTORY.forEach((ordinal, index) => {
    if (vocabulary.includes(ordinal)) weights.set(ordinal, decay ** (HISTORY.length - 1 - index));
  });
  return weights;
}

/** A matrix product as its definition reads. */
export const plainProduct: MatrixProduct = async (left, right, { rows, inner, columns }) => {
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row += 1)
    for (let at = 0; at < inner; at += 1)
      for (let column = 0; column < columns; column += 1)
        out[row * columns + column] += left[row * inner + at] * right[at * columns + column];
  return out;
};
