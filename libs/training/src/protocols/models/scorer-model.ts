import type { LearningInput, VocabularyScorer } from '@winnow/collaborative';
import type { ModelSettings } from '@winnow/evaluation';
import { breathe, chooseSettings } from '../choose-settings';
import type {
  LearningWindow,
  ModelContext,
  RankingModel,
  ScoreAnswer,
  TrainedRankingModel,
} from '../ranking-model';

/** A model without a network, and what may be chosen about it. */
export interface ScorerRecipe<S extends ModelSettings> {
  readonly name: string;
  readonly title: string;
  /** Default true. */
  readonly deterministic?: boolean;
  /** Candidates, in order; a single one is taken untried. */
  readonly grid: readonly S[];
  fit(window: LearningWindow, settings: S, context: ModelContext): VocabularyScorer;
  refusal?(window: LearningWindow): string | null;
  /** Times that training goes through the matrix; default 1. */
  readonly passCount?: number;
}

/** What models without a network learn from. */
export const learningInput = ({ matrix, vocabulary }: LearningWindow): LearningInput => ({
  past: matrix,
  vocabulary,
});

/** Scores query by query into one array. */
export function scoreAnswer(scorer: VocabularyScorer, vocabularyCount: number): ScoreAnswer {
  let scores = new Float64Array(0);
  return {
    kind: 'scores',
    async score(queries) {
      if (scores.length < queries.length * vocabularyCount)
        scores = new Float64Array(queries.length * vocabularyCount);
      queries.forEach((query, index) => scores.set(scorer.score(query), index * vocabularyCount));
      return scores;
    },
  };
}

export const trainedScorer = (
  scorer: VocabularyScorer,
  window: LearningWindow,
  passCount = 1,
): TrainedRankingModel => ({
  exampleCount: passCount * window.matrix.users.length,
  answer: scoreAnswer(scorer, window.vocabulary.length),
});

/** A recipe as the protocols want it: settings by grid search on the validation window, then one fit. */
export function scorerModel<S extends ModelSettings>(recipe: ScorerRecipe<S>): RankingModel {
  const { name, title, deterministic = true, passCount } = recipe;
  return {
    kind: 'ranking',
    name,
    title,
    deterministic,
    refusal: (window) => recipe.refusal?.(window) ?? null,
    async choose(window, context) {
      const { settings } = await chooseSettings({
        window,
        grid: recipe.grid,
        context,
        fit: (candidate) => recipe.fit(window, candidate, context),
      });
      return {
        settings,
        async train(learning, training) {
          await breathe(training);
          return trainedScorer(recipe.fit(learning, settings, training), learning, passCount);
        },
      };
    },
  };
}
