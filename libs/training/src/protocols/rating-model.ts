import type { LearningCurve, ModelSettings, RatingColumns } from '@winnow/evaluation';
import type { ModelContext } from './ranking-model';

/** What is asked: whose rating of what, and when. */
export type RatingQueries = Omit<RatingColumns, 'ratings'>;

export interface RatingAnswers {
  /** [queries] */
  readonly ratings: ArrayLike<number>;
  /** [queries] That the rating is at least the task's `likedFrom`; null from a model that gives no probabilities. */
  readonly likedProbabilities: ArrayLike<number> | null;
}

export interface TrainedRatingModel {
  /** Examples that training went through, repeats counted. */
  readonly exampleCount: number;
  readonly learningCurves?: readonly LearningCurve[];
  predict(queries: RatingQueries): Promise<RatingAnswers>;
}

/** A model that predicts what somebody would give. */
export interface RatingModel {
  readonly kind: 'rating';
  /** As on the command line. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly deterministic: boolean;
  /** Runs on TF.js. */
  readonly needsBackend?: boolean;
  readonly settings: ModelSettings;
  train(ratings: RatingColumns, context: ModelContext): Promise<TrainedRatingModel>;
}

/** One split; together the test parts are all ratings. */
export interface RatingFold {
  readonly train: RatingColumns;
  readonly test: RatingColumns;
}

export interface RatingTask {
  readonly folds: readonly RatingFold[];
  /** Ratings from here count as liked, where a model's order or probabilities are judged. */
  readonly likedFrom: number;
}
