import { gaussian, seededRandom } from '@winnow/domain';

export interface ClusteredVectorsOptions {
  readonly count: number;
  readonly dimension: number;
  readonly seed: number;
  /** Vectors of different seeds share their clusters when this is the same; `seed` when left out. */
  readonly centreSeed?: number;
  /** One per 500 vectors when left out. */
  readonly clusterCount?: number;
  /** Length of the noise around a centre, relative to the centre's own. */
  readonly spread?: number;
}

/**
 * Normalised vectors `[count, dimension]` in Gaussian clusters, as learned embeddings lie around topics: uniform ones
 * have no neighbours to speak of, and make every index look worse than it is.
 */
export function clusteredVectors(options: ClusteredVectorsOptions): Float32Array {
  const { count, dimension, seed, spread = 0.7 } = options;
  const clusterCount = options.clusterCount ?? Math.max(4, Math.round(count / 500));
  const random = seededRandom(seed);
  const centreRandom = seededRandom((options.centreSeed ?? seed) + 0x5eed);
  const centres = Float32Array.from({ length: clusterCount * dimension }, () => gaussian(centreRandom));
  const vectors = new Float32Array(count * dimension);
  for (let row = 0; row < count; row += 1) {
    const centre = Math.floor(random() * clusterCount) * dimension;
    let sum = 0;
    for (let at = 0; at < dimension; at += 1) {
      const value = centres[centre + at] + spread * gaussian(random);
      vectors[row * dimension + at] = value;
      sum += value * value;
    }
    const norm = Math.sqrt(sum);
    for (let at = 0; at < dimension; at += 1) vectors[row * dimension + at] /= norm;
  }
  return vectors;
}
