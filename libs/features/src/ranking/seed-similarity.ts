import { dotProduct } from './dot-product';
import type {
  CandidateInHand,
  PreparedQuery,
  RankingFeature,
  RankingFeatureSources,
} from './ranking-feature';
import { SparseScores } from './sparse-scores';

/** A page shows one item, a basket a few; more seeds than this add cost and no direction. */
const SEED_COUNT_MAX = 10;

/** How near the candidate is to the request's seed items: highest cosine, and best neighbour score. */
export class SeedSimilarity implements RankingFeature {
  static readonly names = ['seed-cosine', 'seed-neighbour'];
  private readonly vectors: Float32Array[] = [];
  private readonly neighbours = new SparseScores();

  constructor(private readonly sources: RankingFeatureSources) {}

  begin({ query }: PreparedQuery): void {
    this.vectors.length = 0;
    this.neighbours.clear();
    for (const seed of query.seedOrdinals.slice(0, SEED_COUNT_MAX)) {
      const vector = this.sources.itemVectors.vector(seed);
      if (vector) this.vectors.push(vector);
      const { ordinals, scores } = this.sources.neighbours.neighbours(seed);
      for (let index = 0; index < ordinals.length; index += 1)
        this.neighbours.raise(ordinals[index], scores[index]);
    }
  }

  write({ ordinal, vector }: CandidateInHand, out: Float32Array, offset: number): void {
    let highest = 0;
    if (vector !== null && this.vectors.length > 0) {
      highest = -1;
      for (let index = 0; index < this.vectors.length; index += 1)
        highest = Math.max(highest, dotProduct(this.vectors[index], vector));
    }
    out[offset] = highest;
    out[offset + 1] = 0.5 * Math.log1p(50 * this.neighbours.get(ordinal));
  }
}
