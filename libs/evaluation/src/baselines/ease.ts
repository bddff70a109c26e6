import { invariant } from '@winnow/domain';
import { positionsOf, type Baseline, type BaselineInput } from './baseline';
import { invertPositiveDefinite } from './positive-definite';
import { indicesByUser } from '../splits/interaction-log';

/** 8,192² doubles are half a gigabyte, and minutes of work. */
const VOCABULARY_MAX = 8_192;

export interface EaseOptions {
  /** λ, added to the diagonal: the more, the smoother. */
  readonly regularisation: number;
}

/**
 * EASEᴿ (Steck, WWW 2019): item–item weights B from one inversion, P = (XᵀX + λI)⁻¹, Bᵢⱼ = −Pᵢⱼ ÷ Pⱼⱼ, Bⱼⱼ = 0, with
 * X the binary users × items matrix. O(items³); about 10 s for 3,000 items on one core.
 */
export function easeBaseline(input: BaselineInput, { regularisation }: EaseOptions): Baseline {
  const { vocabulary } = input;
  const size = vocabulary.length;
  invariant(size <= VOCABULARY_MAX, `EASE inverts at most ${VOCABULARY_MAX} items, not ${size}`);
  const positions = positionsOf(vocabulary);
  const weights = gramMatrix(input, positions);
  for (let item = 0; item < size; item += 1) weights[item * size + item] += regularisation;
  invertPositiveDefinite(weights, size);
  const diagonal = Float64Array.from({ length: size }, (_, item) => weights[item * size + item]);
  for (let from = 0; from < size; from += 1)
    for (let to = 0; to < size; to += 1)
      weights[from * size + to] = from === to ? 0 : -weights[from * size + to] / diagonal[to];
  const scores = new Float64Array(size);
  return {
    name: 'ease',
    score: ({ history }) => {
      scores.fill(0);
      for (const ordinal of new Set(history)) {
        const position = positions.get(ordinal);
        if (position === undefined) continue;
        const row = weights.subarray(position * size, (position + 1) * size);
        for (let item = 0; item < size; item += 1) scores[item] += row[item];
      }
      return scores;
    },
  };
}

/** XᵀX [items, items]: how many users had both. */
function gramMatrix({ past, vocabulary }: BaselineInput, positions: Map<number, number>): Float64Array {
  const size = vocabulary.length;
  const gram = new Float64Array(size * size);
  for (const indices of indicesByUser(past).values()) {
    const items = new Set<number>();
    for (const index of indices) {
      const position = positions.get(past.ordinals[index]);
      if (position !== undefined) items.add(position);
    }
    for (const row of items) for (const column of items) gram[row * size + column] += 1;
  }
  return gram;
}
