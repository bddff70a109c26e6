import { compressedScore } from './compressed-score';
import type {
  Candidates,
  FeatureColumns,
  PreparedQuery,
  RankingFeature,
  RankingFeatureSources,
} from './ranking-feature';
import { SparseScores } from './sparse-scores';

/** How strongly the history's items point at the candidate: all of them by recency, the best, and the newest. */
export class NeighbourScore implements RankingFeature {
  static readonly names = ['neighbour-sum', 'neighbour-best', 'neighbour-newest'];
  private readonly sums = new SparseScores();
  private readonly bests = new SparseScores();
  private readonly newest = new SparseScores();

  constructor(private readonly sources: RankingFeatureSources) {}

  begin({ history }: PreparedQuery): void {
    this.sums.clear();
    this.bests.clear();
    this.newest.clear();
    for (let entry = 0; entry < history.size; entry += 1) {
      const { ordinals, scores } = this.sources.neighbours.neighbours(history.ordinals[entry]);
      for (let index = 0; index < ordinals.length; index += 1) {
        this.sums.add(ordinals[index], scores[index] * history.recencyWeights[entry]);
        this.bests.raise(ordinals[index], scores[index] * history.weights[entry]);
        if (entry === 0) this.newest.raise(ordinals[index], scores[index]);
      }
    }
  }

  write({ ordinals }: Candidates, { matrix, offset, stride }: FeatureColumns): void {
    for (let row = 0, at = offset; row < ordinals.length; row += 1, at += stride) {
      const ordinal = ordinals[row];
      matrix[at] = compressedScore(this.sums.get(ordinal));
      matrix[at + 1] = compressedScore(this.bests.get(ordinal));
      matrix[at + 2] = compressedScore(this.newest.get(ordinal));
    }
  }
}
