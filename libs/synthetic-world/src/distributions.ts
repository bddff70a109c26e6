import { hashString } from '@winnow/domain';

/** A seed of its own for one thing of a kind, so that thing `index` can be made without the ones before it. */
export function seedOf(seed: number, kind: string, index: number): number {
  let mixed = (hashString(kind, seed) ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * Rank in [0, count) by a bounded power law, P(rank) ~ (rank + 1)^-skew, from one uniform number.
 * The continuous inverse: O(1) in time and memory for any count.
 */
export function powerLawRank(uniform: number, count: number, skew: number): number {
  const high = count + 1;
  const value =
    Math.abs(skew - 1) < 1e-9
      ? Math.exp(uniform * Math.log(high))
      : ((high ** (1 - skew) - 1) * uniform + 1) ** (1 / (1 - skew));
  return Math.min(count - 1, Math.floor(value) - 1);
}

/**
 * A seeded bijection of [0, count): four Feistel rounds over the next even power of two, walked until inside.
 * Gives every item a popularity rank, and every rank its item, without a table.
 */
export class Permutation {
  private readonly halfBits: number;
  private readonly mask: number;

  constructor(
    private readonly count: number,
    private readonly seed: number,
  ) {
    const bits = Math.max(2, Math.ceil(Math.log2(Math.max(2, count))));
    this.halfBits = Math.ceil(bits / 2);
    this.mask = 2 ** this.halfBits - 1;
  }

  apply(index: number): number {
    let value = index;
    do value = this.rounds(value, [0, 1, 2, 3]);
    while (value >= this.count);
    return value;
  }

  invert(rank: number): number {
    let value = rank;
    do value = this.roundsBack(value, [3, 2, 1, 0]);
    while (value >= this.count);
    return value;
  }

  private rounds(value: number, order: readonly number[]): number {
    let left = value >>> this.halfBits;
    let right = value & this.mask;
    for (const round of order) [left, right] = [right, left ^ this.mix(right, round)];
    return ((left << this.halfBits) | right) >>> 0;
  }

  private roundsBack(value: number, order: readonly number[]): number {
    let left = value >>> this.halfBits;
    let right = value & this.mask;
    for (const round of order) [left, right] = [right ^ this.mix(left, round), left];
    return ((left << this.halfBits) | right) >>> 0;
  }

  private mix(half: number, round: number): number {
    return seedOf(this.seed, 'round', half * 4 + round) & this.mask;
  }
}

/** Scales to unit length, in place. */
export function normalise(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  for (let index = 0; index < vector.length; index += 1) vector[index] *= scale;
  return vector;
}

export function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += left[index] * right[index];
  return sum;
}

/** `target += weight · source`. */
export function addScaled(target: Float32Array, source: Float32Array, weight: number): void {
  for (let index = 0; index < target.length; index += 1) target[index] += weight * source[index];
}

export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
