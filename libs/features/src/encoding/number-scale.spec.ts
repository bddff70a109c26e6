import { describe, expect, it } from 'vitest';
import { numberScaleOf, standardised } from './number-scale';

describe('numberScaleOf', () => {
  it('standardises by mean and deviation: worked by hand', () => {
    const scale = numberScaleOf('year', Float64Array.of(1990, 2000, 2010));
    expect(scale).toMatchObject({ logarithmic: false, mean: 2000 });
    expect(scale.deviation).toBeCloseTo(Math.sqrt(200 / 3));
    expect(standardised(scale, 2010)).toBeCloseTo(10 / Math.sqrt(200 / 3));
  });

  it('takes the logarithm of what is skewed', () => {
    const prices = Float64Array.from({ length: 1_000 }, (_, index) => (index === 0 ? 1e6 : 1 + (index % 10)));
    const scale = numberScaleOf('price', prices);
    expect(scale.logarithmic).toBe(true);
    expect(scale.mean).toBeCloseTo(prices.reduce((sum, price) => sum + Math.log1p(price), 0) / 1_000);
  });

  it('stays finite for constants, outliers, missing values and no values at all', () => {
    const constant = numberScaleOf('n', Float64Array.of(5, 5, 5));
    expect(standardised(constant, 5)).toBe(0);
    expect(standardised(constant, 1e300)).toBe(8);
    expect(standardised(constant, -Infinity)).toBe(-8);
    expect(standardised(constant, NaN)).toBe(0);
    expect(standardised(numberScaleOf('n', new Float64Array(0)), 3)).toBe(3);
  });
});
