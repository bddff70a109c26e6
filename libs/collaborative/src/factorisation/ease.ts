import { invariant } from '@winnow/domain';
import { weightedHistory } from '../interactions/history-weights';
import { distinctItems, userSequences } from '../interactions/user-sequences';
import { VocabularyPositions } from '../interactions/vocabulary-positions';
import { invertPositiveDefinite } from '../linear-algebra/positive-definite';
import type { LearningInput, VocabularyScorer } from '../vocabulary-scorer';

/** 8,192² doubles are half a gigabyte, and minutes of work. */
export const EASE_VOCABULARY_MAX = 8_192;

export interface EaseOptions {
  /** λ, added to the diagonal: the more, the smoother. */
  readonly regularisation: number;
}

/** Item–item weights; a scorer is made for any weighting of the history, without fitting again. */
export class Ease {
  constructor(
    private readonly vocabulary: VocabularyPositions,
    /** [items, items] Row: an item of the history; column: what it says about each candidate. */
    private readonly weights: Float64Array,
  ) {}

  /** @param historyDecay weight of the second newest history item, squared for the third …; 1 keeps all alike */
  scorer(historyDecay = 1): VocabularyScorer {
    const { vocabulary, weights } = this;
    const { size } = vocabulary;
    const scores = new Float64Array(size);
    return {
      score: (query) => {
        scores.fill(0);
        const history = weightedHistory(query, vocabulary, historyDecay);
        history.positions.forEach((position, index) => {
          const weight = history.weights[index];
          for (let item = 0, at = position * size; item < size; item += 1, at += 1)
            scores[item] += weight * weights[at];
        });
        return scores;
      },
    };
  }
}

/**
 * EASEᴿ (Steck, WWW 2019): item–item weights B from one inversion, P = (XᵀX + λI)⁻¹, Bᵢⱼ = −Pᵢⱼ ÷ Pⱼⱼ, Bⱼⱼ = 0, with
 * X the binary users × items matrix. O(items³); about 10 s for 3,000 items on one core.
 */
export function fitEase(input: LearningInput, { regularisation }: EaseOptions): Ease {
  const size = input.vocabulary.length;
  invariant(size <= EASE_VOCABULARY_MAX, `EASE inverts at most ${EASE_VOCABULARY_MAX} items, not ${size}`);
  const weights = coOccurrences(input);
  for (let item = 0; item < size; item += 1) weights[item * size + item] += regularisation;
  invertPositiveDefinite(weights, size);
  const diagonal = Float64Array.from({ length: size }, (_, item) => weights[item * size + item]);
  for (let from = 0; from < size; from += 1)
    for (let to = 0; to < size; to += 1)
      weights[from * size + to] = from === to ? 0 : -weights[from * size + to] / diagonal[to];
  return new Ease(new VocabularyPositions(input.vocabulary), weights);
}

/** XᵀX [items, items]: how many users had both. */
function coOccurrences(input: LearningInput): Float64Array {
  const { offsets, items, itemCount } = distinctItems(userSequences(input));
  const gram = new Float64Array(itemCount * itemCount);
  for (let user = 0; user + 1 < offsets.length; user += 1)
    for (let row = offsets[user]; row < offsets[user + 1]; row += 1)
      for (let column = offsets[user]; column < offsets[user + 1]; column += 1)
        gram[items[row] * itemCount + items[column]] += 1;
  return gram;
}
