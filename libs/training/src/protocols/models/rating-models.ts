import {
  fitGlobalMean,
  fitRatingBiases,
  fitRatingFactors,
  fitRatingImplicitFactors,
} from '@winnow/collaborative';
import type { RatingPredictor, RatingTable } from '@winnow/collaborative';
import type { ModelSettings } from '@winnow/evaluation';
import type { ModelContext } from '../ranking-model';
import type { RatingModel } from '../rating-model';

const FACTOR_EPOCHS = 20;
const IMPLICIT_FACTOR_EPOCHS = 40;

interface PredictorRecipe<S extends ModelSettings> {
  readonly name: string;
  readonly title: string;
  readonly deterministic: boolean;
  readonly settings: S;
  /** Times that training goes through the ratings. */
  readonly passCount: number;
  fit(table: RatingTable, settings: S, context: ModelContext): RatingPredictor;
}

const predictorModel = <S extends ModelSettings>(recipe: PredictorRecipe<S>): RatingModel => ({
  kind: 'rating',
  name: recipe.name,
  title: recipe.title,
  deterministic: recipe.deterministic,
  settings: recipe.settings,
  async train(ratings, context) {
    const predictor = recipe.fit(ratings, recipe.settings, context);
    return {
      exampleCount: recipe.passCount * ratings.ratings.length,
      predict: async ({ users, ordinals }) => ({
        ratings: Float64Array.from(users, (user, row) => predictor.predict(user, ordinals[row])),
        likedProbabilities: null,
      }),
    };
  },
});

/** Ratings without a network. */
export const ratingModels = (): readonly RatingModel[] => [
  predictorModel({
    name: 'global-mean',
    title: 'mean of all ratings',
    deterministic: true,
    settings: {},
    passCount: 1,
    fit: (table) => fitGlobalMean(table),
  }),
  predictorModel({
    name: 'biases',
    title: 'user and item biases',
    deterministic: true,
    settings: { userRegularisation: 15, itemRegularisation: 10, sweepCount: 10 },
    passCount: 20,
    fit: (table, settings) => fitRatingBiases(table, settings),
  }),
  predictorModel({
    name: 'svd',
    title: 'matrix factorisation with biases',
    deterministic: false,
    settings: { dimension: 100, epochCount: FACTOR_EPOCHS, learningRate: 0.005, regularisation: 0.02 },
    passCount: FACTOR_EPOCHS,
    fit: (table, settings, { seed }) => fitRatingFactors(table, { ...settings, seed }),
  }),
  predictorModel({
    name: 'svd++',
    title: 'factorisation with biases and what was rated',
    deterministic: false,
    // Chosen on a random tenth of the first fold's training part.
    settings: {
      dimension: 20,
      epochCount: IMPLICIT_FACTOR_EPOCHS,
      learningRate: 0.01,
      learningDecay: 0.95,
      biasRegularisation: 0.05,
      factorRegularisation: 0.08,
    },
    passCount: IMPLICIT_FACTOR_EPOCHS,
    fit: (table, settings, { seed }) => fitRatingImplicitFactors(table, { ...settings, seed }),
  }),
];
