import { dotProductWithRow } from './dot-product';
import type {
  Candidates,
  FeatureColumns,
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
  private hasSeeds = false;

  constructor(private readonly sources: RankingFeatureSources) {}

  begin({ query }: PreparedQuery): void {
    this.hasSeeds = query.seedOrdinals.length > 0;
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

  write({ ordinals, vectors, dimension, hasVector }: Candidates, out: FeatureColumns): void {
    if (!this.hasSeeds) return;
    for (let row = 0; row < ordinals.length; row += 1) {
      let highest = 0;
      if (hasVector[row] === 1 && this.vectors.length > 0) {
        highest = -1;
        for (let index = 0; index < this.vectors.length; index += 1)
          highest = Math.max(highest, dotProductWithRow(this.vectors[index], vectors, row * dimension));
      }
      const at = out.offset + row * out.stride;
      out.matrix[at] = highest;
      out.matrix[at + 1] = 0.5 * Math.log1p(50 * this.neighbours.get(ordinals[row]));
    }
  }
}
