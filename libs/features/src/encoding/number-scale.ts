/** How a number is brought to about unit scale; measured at compile time, the same ever after. */
export interface NumberScale {
  readonly name: string;
  /** Take sign(x)·log(1 + |x|) first: prices and counts have long tails. */
  readonly logarithmic: boolean;
  readonly mean: number;
  readonly deviation: number;
}

/** |skewness| above which the logarithm comes first. */
const SKEWNESS_MAX = 2;
/** An outlier may not dominate a network's first layer. */
const STANDARD_MAX = 8;

const signedLog = (value: number): number => Math.sign(value) * Math.log1p(Math.abs(value));

interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
  readonly skewness: number;
}

function momentsOf(values: Float64Array): Moments {
  const count = values.length;
  if (count === 0) return { count, mean: 0, deviation: 1, skewness: 0 };
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / count;
  let second = 0;
  let third = 0;
  for (const value of values) {
    const off = value - mean;
    second += off * off;
    third += off * off * off;
  }
  const deviation = Math.sqrt(second / count);
  if (!(deviation > 1e-9 * Math.max(1, Math.abs(mean)))) return { count, mean, deviation: 1, skewness: 0 };
  return { count, mean, deviation, skewness: third / count / deviation ** 3 };
}

/** Mean and deviation of the values, or of their signed logarithms when they are skewed. */
export function numberScaleOf(name: string, values: Float64Array): NumberScale {
  const plain = momentsOf(values);
  const logarithmic = Math.abs(plain.skewness) > SKEWNESS_MAX;
  const { mean, deviation } = logarithmic ? momentsOf(values.map(signedLog)) : plain;
  return { name, logarithmic, mean, deviation };
}

/** Within ±8, and 0 for a missing (NaN) value. */
export function standardised(scale: NumberScale, value: number): number {
  if (Number.isNaN(value)) return 0;
  const standard = ((scale.logarithmic ? signedLog(value) : value) - scale.mean) / scale.deviation;
  return Math.max(-STANDARD_MAX, Math.min(STANDARD_MAX, standard));
}
