export type { LearningInput, ScoringQuery, VocabularyScorer } from './vocabulary-scorer';
export {
  decayedPopularity,
  fixedScorer,
  popularity,
  randomScorer,
  recentPopularity,
  type DecayedPopularityOptions,
  type RecentPopularityOptions,
} from './popularity/popularity';
export { blendScorer, type BlendOptions } from './popularity/blend';
export { fitItemKnn, type ItemKnnOptions } from './neighbourhood/item-knn';
export { fitItemTransitions, type ItemTransitionOptions } from './neighbourhood/item-transitions';
export { fitImplicitAls, ImplicitAls, type ImplicitAlsOptions } from './factorisation/implicit-als';
export { Ease, EASE_VOCABULARY_MAX, fitEase, type EaseOptions } from './factorisation/ease';
export { fitLinearWeights, type LinearWeightOptions } from './factorisation/linear-weights';
export { factorisePositiveDefinite, solveLowerTriangular } from './linear-algebra/solve-positive-definite';
export type { MatrixProduct } from './linear-algebra/invert-by-blocks';
export type { RatingPredictor, RatingTable } from './ratings/rating-table';
export { fitGlobalMean, fitRatingBiases, type RatingBiasOptions } from './ratings/rating-biases';
export {
  fitRatingImplicitFactors,
  type RatingImplicitFactorOptions,
} from './ratings/rating-implicit-factors';
export { fitRatingFactors, type RatingFactorOptions } from './ratings/rating-factors';
