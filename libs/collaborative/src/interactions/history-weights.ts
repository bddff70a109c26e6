import type { ScoringQuery } from '../vocabulary-scorer';
import type { VocabularyPositions } from './vocabulary-positions';

/** Below this an item of long ago changes nothing that a ranking shows. */
const WEIGHT_MIN = 1e-4;

/** A query's vocabulary items, oldest first. */
export interface WeightedHistory {
  /** Positions in the vocabulary, each once: a repeated item counts where it is newest. */
  readonly positions: readonly number[];
  /** Parallel to `positions`. */
  readonly weights: readonly number[];
}

/**
 * The newest item of a history weighs 1, the one before it `decay`, then decay² …; items outside the vocabulary take
 * their place in the count. 1 keeps all alike.
 */
export function weightedHistory(
  { history }: ScoringQuery,
  vocabulary: VocabularyPositions,
  decay: number,
): WeightedHistory {
  const newestFirst = new Set<number>();
  const weights: number[] = [];
  let weight = 1;
  for (let index = history.length - 1; index >= 0 && weight >= WEIGHT_MIN; index -= 1, weight *= decay) {
    const position = vocabulary.of(history[index]);
    if (position < 0 || newestFirst.has(position)) continue;
    newestFirst.add(position);
    weights.push(weight);
  }
  return { positions: [...newestFirst].reverse(), weights: weights.reverse() };
}
