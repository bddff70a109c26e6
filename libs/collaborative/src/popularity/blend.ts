import type { VocabularyScorer } from '../vocabulary-scorer';

export interface BlendOptions {
  /** [vocabulary] What everybody turns to, not negative. */
  readonly popularity: Float64Array;
  /** What this history says. */
  readonly personal: VocabularyScorer;
  /** Of the personal score. */
  readonly weight: number;
}

/** Keeps the logarithm of an item that nobody turned to of late finite, and not much worse than that of a rare one. */
const POPULARITY_FLOOR = 0.05;

/** Two terms, log(popularity + 0.05) + weight · personal score: the logarithm of a product of the two opinions. */
export function blendScorer({ popularity, personal, weight }: BlendOptions): VocabularyScorer {
  const base = popularity.map((count) => Math.log(count + POPULARITY_FLOOR));
  const scores = new Float64Array(base.length);
  return {
    score: (query) => {
      const personalScores = personal.score(query);
      for (let item = 0; item < scores.length; item += 1)
        scores[item] = base[item] + weight * personalScores[item];
      return scores;
    },
  };
}
