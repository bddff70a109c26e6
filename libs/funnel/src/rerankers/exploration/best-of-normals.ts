import { normalCdf } from '@winnow/domain';

/** Nodes per deviation of the narrowest normal: on a normal the trapezoid rule's error falls as e^(−2π²·nodes²). */
const NODES_PER_DEVIATION = 2;
const NODES_MAX = 4_096;
const TAIL_DEVIATIONS = 7;

/**
 * Probability that each of several independent normals is the largest: ∫ φᵢ(x) Πⱼ≠ᵢ Φⱼ(x) dx by the trapezoid rule over
 * where the largest can be. Sums to 1. O(nodes · n).
 *
 * @param means [n]
 * @param deviations [n], all above 0
 */
export function bestOfNormals(means: Float64Array, deviations: Float64Array): Float64Array {
  const count = means.length;
  let [low, high, narrowest] = [-Infinity, -Infinity, Infinity];
  for (let index = 0; index < count; index += 1) {
    // The largest is nowhere below what one of them hardly ever falls short of.
    low = Math.max(low, means[index] - TAIL_DEVIATIONS * deviations[index]);
    high = Math.max(high, means[index] + TAIL_DEVIATIONS * deviations[index]);
    narrowest = Math.min(narrowest, deviations[index]);
  }
  const nodeCount = Math.min(NODES_MAX, Math.ceil(((high - low) / narrowest) * NODES_PER_DEVIATION) + 1);
  const step = (high - low) / (nodeCount - 1);
  const best = new Float64Array(count);
  const below = new Float64Array(count);
  for (let node = 0; node < nodeCount; node += 1) {
    const x = low + node * step;
    for (let index = 0; index < count; index += 1)
      below[index] = normalCdf((x - means[index]) / deviations[index]);
    addDensities({ x, means, deviations, below, best });
  }
  const total = best.reduce((sum, value) => sum + value, 0);
  return best.map((value) => value / total);
}

/** Adds φᵢ(x) Πⱼ≠ᵢ Φⱼ(x); the products without one by running from either end, as division would lose the tails. */
function addDensities(at: {
  readonly x: number;
  readonly means: Float64Array;
  readonly deviations: Float64Array;
  readonly below: Float64Array;
  readonly best: Float64Array;
}): void {
  const { x, means, deviations, below, best } = at;
  const after = new Float64Array(below.length + 1).fill(1);
  for (let index = below.length - 1; index >= 0; index -= 1) after[index] = after[index + 1] * below[index];
  let before = 1;
  for (let index = 0; index < below.length; index += 1) {
    const z = (x - means[index]) / deviations[index];
    best[index] += (Math.exp((-z * z) / 2) / deviations[index]) * before * after[index + 1];
    before *= below[index];
  }
}
