import { describe, expect, it } from 'vitest';
import { meanAbsoluteError, rootMeanSquaredError } from './rating-metrics';

describe('rating metrics', () => {
  const data = { predictions: [3, 4.5, 1], ratings: [4, 4, 1] };

  it('are the root of the mean squared, and the mean absolute error: worked by hand', () => {
    expect(rootMeanSquaredError(data)).toBeCloseTo(Math.sqrt((1 + 0.25) / 3));
    expect(meanAbsoluteError(data)).toBeCloseTo(0.5);
  });

  it('refuse predictions and ratings that do not belong together', () => {
    expect(() => rootMeanSquaredError({ predictions: [1], ratings: [] })).toThrow('one rating');
  });
});
