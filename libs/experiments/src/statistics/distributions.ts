const SERIES_STEPS_MAX = 1_000;
const RELATIVE_PRECISION = 1e-14;
/** Lanczos' coefficients for g = 7 (Numerical Recipes, 6.1): |error| < 2e-10. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

function logGamma(x: number): number {
  const shifted = x - 1;
  let sum = LANCZOS[0];
  for (let index = 1; index < LANCZOS.length; index += 1) sum += LANCZOS[index] / (shifted + index);
  const base = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(base) - base + Math.log(sum);
}

/** Regularised upper incomplete gamma function Q(a, x): a series below a + 1, a continued fraction above. */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let step = 1; step < SERIES_STEPS_MAX && term > sum * RELATIVE_PRECISION; step += 1) {
      term *= x / (a + step);
      sum += term;
    }
    return 1 - sum * scale;
  }
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  let fraction = d;
  for (let step = 1; step < SERIES_STEPS_MAX; step += 1) {
    const numerator = -step * (step - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < RELATIVE_PRECISION) break;
  }
  return scale * fraction;
}

/** Probability that χ² of so many degrees of freedom is at least `statistic`. */
export const chiSquareTail = (statistic: number, degreesOfFreedom: number): number =>
  upperGamma(degreesOfFreedom / 2, statistic / 2);

/** Probability that a standard normal lies at least |z| from 0, on either side. */
export const twoSidedNormalTail = (z: number): number => upperGamma(0.5, (z * z) / 2);

/** The z with P(|Z| ≥ z) = `tail`, by bisection: exact to the last digits, and asked a few times a report. */
export function twoSidedNormalQuantile(tail: number): number {
  let [low, high] = [0, 40];
  for (let step = 0; step < 200 && high - low > 1e-13; step += 1) {
    const middle = (low + high) / 2;
    if (twoSidedNormalTail(middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
