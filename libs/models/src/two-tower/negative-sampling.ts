import { invariant } from '@winnow/domain';
import type { Random } from '@winnow/domain';

/** How often each item is expected among a batch's softmax columns; it drives the logQ correction. */
export interface SamplingDistribution {
  /** Share of each ordinal among the pairs. */
  readonly pairShares: Float32Array;
  /** Items that uniform negatives are drawn from. */
  readonly catalogue: Uint32Array;
}

export function samplingDistribution(options: {
  readonly pairOrdinals: Uint32Array;
  readonly catalogue: Uint32Array;
  readonly ordinalLimit: number;
}): SamplingDistribution {
  const { pairOrdinals, catalogue, ordinalLimit } = options;
  const pairShares = new Float32Array(ordinalLimit);
  for (const ordinal of pairOrdinals) pairShares[ordinal] += 1;
  for (let ordinal = 0; ordinal < ordinalLimit; ordinal += 1)
    pairShares[ordinal] /= Math.max(1, pairOrdinals.length);
  return { pairShares, catalogue };
}

/**
 * What is subtracted from an item's logit: the logarithm of the probability that it is among a batch's distinct columns,
 * `1 − exp(−(pairs · share + uniform / catalogue))` for mixed negatives (Yang et al., WWW 2020). A popular item is in more
 * batches than others, so that without this it would be pushed away more often than it deserves (Bengio and Senécal,
 * 2008; Yi et al., RecSys 2019).
 */
export function logInclusionProbability(
  distribution: SamplingDistribution,
  options: { readonly ordinal: number; readonly pairCount: number; readonly uniformCount: number },
): number {
  const { ordinal, pairCount, uniformCount } = options;
  const uniform = uniformCount / Math.max(1, distribution.catalogue.length);
  const expected = pairCount * (distribution.pairShares[ordinal] ?? 0) + uniform;
  invariant(expected > 0, 'an item among the columns can be drawn');
  return Math.log(-Math.expm1(-expected));
}

/** Draws `count` ordinals of the catalogue with replacement. */
export function drawUniform(catalogue: Uint32Array, count: number, random: Random): Uint32Array {
  const drawn = new Uint32Array(catalogue.length > 0 ? count : 0);
  for (let index = 0; index < drawn.length; index += 1)
    drawn[index] = catalogue[Math.floor(random() * catalogue.length)];
  return drawn;
}
