import type {
  CandidateInHand,
  PreparedQuery,
  RankingFeature,
  RankingFeatureSources,
} from './ranking-feature';

/** Scores are small and skewed: ±0.01 becomes ±0.2, ±0.1 becomes ±0.9, ±1 becomes ±2. */
const compressed = (score: number): number => 0.5 * Math.sign(score) * Math.log1p(50 * Math.abs(score));

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

  write({ ordinal }: CandidateInHand, out: Float32Array, offset: number): void {
    const position = this.sources.linearWeights.position(ordinal);
    out[offset] = position < 0 ? 0 : compressed(this.sums[position]);
    out[offset + 1] = position < 0 ? 0 : compressed(this.recentSums[position]);
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
