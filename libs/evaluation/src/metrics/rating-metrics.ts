import { invariant } from '@winnow/domain';

export interface RatingPredictions {
  readonly predictions: ArrayLike<number>;
  /** What was given, parallel to `predictions`. */
  readonly ratings: ArrayLike<number>;
}

function meanOfErrors({ predictions, ratings }: RatingPredictions, cost: (error: number) => number): number {
  invariant(predictions.length === ratings.length, 'one rating per prediction');
  let sum = 0;
  for (let index = 0; index < ratings.length; index += 1) sum += cost(predictions[index] - ratings[index]);
  return sum / ratings.length;
}

/** Root of the mean squared error, in rating points. NaN without predictions. */
export const rootMeanSquaredError = (data: RatingPredictions): number =>
  Math.sqrt(meanOfErrors(data, (error) => error * error));

/** Mean absolute error, in rating points. NaN without predictions. */
export const meanAbsoluteError = (data: RatingPredictions): number => meanOfErrors(data, Math.abs);
