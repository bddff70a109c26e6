import { compressedScore } from './compressed-score';
import type {
  Candidates,
  FeatureColumns,
  PreparedQuery,
  RankingFeature,
  RankingFeatureSources,
} from './ranking-feature';

/**
 * What the linear item–item model says of the candidate: the sum of the weights from the history's items to it, each
 * item counted once, where it is newest; once all alike, and once by recency. 0 for what the model does not cover.
 */
export class LinearScore implements RankingFeature {
  static readonly names = ['linear-sum', 'linear-recent'];
  /** [items of the vocabulary] */
  private readonly sums: Float64Array;
  private readonly recentSums: Float64Array;
  /** [items of the vocabulary] Number of the query in which the item was last counted. */
  private readonly countedIn: Uint32Array;
  private queryNumber = 0;

  constructor(private readonly sources: RankingFeatureSources) {
    const { size } = sources.linearWeights;
    this.sums = new Float64Array(size);
    this.recentSums = new Float64Array(size);
    this.countedIn = new Uint32Array(size);
  }

  begin({ history }: PreparedQuery): void {
    const { linearWeights } = this.sources;
    this.sums.fill(0);
    this.recentSums.fill(0);
    this.nextQuery();
    for (let entry = 0; entry < history.size; entry += 1) {
      const position = linearWeights.position(history.ordinals[entry]);
      if (position < 0 || this.countedIn[position] === this.queryNumber) continue;
      this.countedIn[position] = this.queryNumber;
      this.add(position, history.weights[entry], history.recencyWeights[entry]);
    }
  }

  write({ ordinals }: Candidates, { matrix, offset, stride }: FeatureColumns): void {
    const { linearWeights } = this.sources;
    for (let row = 0, at = offset; row < ordinals.length; row += 1, at += stride) {
      const position = linearWeights.position(ordinals[row]);
      if (position < 0) continue;
      matrix[at] = compressedScore(this.sums[position]);
      matrix[at + 1] = compressedScore(this.recentSums[position]);
    }
  }

  private add(position: number, weight: number, recencyWeight: number): void {
    const { offsets, columns, weights } = this.sources.linearWeights.rows;
    const { sums, recentSums } = this;
    const end = offsets[position + 1];
    for (let at = offsets[position]; at < end; at += 1) {
      const column = columns[at];
      sums[column] += weight * weights[at];
      recentSums[column] += recencyWeight * weights[at];
    }
  }

  private nextQuery(): void {
    if (this.queryNumber === 0xffff_ffff) {
      this.countedIn.fill(0);
      this.queryNumber = 0;
    }
    this.queryNumber += 1;
  }
}
