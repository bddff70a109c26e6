/** Ratings as parallel columns; users and items are small numbers. */
export interface RatingTable {
  readonly users: Uint32Array;
  readonly ordinals: Uint32Array;
  readonly ratings: Float32Array;
}

/** A fitted model of ratings. */
export interface RatingPredictor {
  /** Within the range of the ratings it learned from; somebody or something unknown is answered with what is known. */
  predict(user: number, ordinal: number): number;
}

/** Rows that users and items need, the mean, and the range. */
export interface RatingSummary {
  readonly userCount: number;
  readonly itemCount: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

export function summariseRatings({ users, ordinals, ratings }: RatingTable): RatingSummary {
  const highest = (values: Uint32Array): number => values.reduce((most, value) => Math.max(most, value), -1);
  return {
    userCount: highest(users) + 1,
    itemCount: highest(ordinals) + 1,
    mean: ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length,
    min: ratings.reduce((least, rating) => Math.min(least, rating), Infinity),
    max: ratings.reduce((most, rating) => Math.max(most, rating), -Infinity),
  };
}

export const withinRange = (value: number, { min, max }: RatingSummary): number =>
  Math.min(max, Math.max(min, value));
