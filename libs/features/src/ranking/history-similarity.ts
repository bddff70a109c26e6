import { dotProduct } from './dot-product';
import type {
  CandidateInHand,
  PreparedQuery,
  RankingFeature,
  RankingFeatureSources,
} from './ranking-feature';

/** Vector comparisons are the dearest feature: the newest ten interactions tell most of it. */
const COMPARED_COUNT_MAX = 10;

/** Cosine of the candidate's vector with those of the newest interactions: the highest, and the mean. */
export class HistorySimilarity implements RankingFeature {
  static readonly names = ['history-cosine-max', 'history-cosine-mean'];
  private readonly vectors: Float32Array[] = [];

  constructor(private readonly sources: RankingFeatureSources) {}

  begin({ history }: PreparedQuery): void {
    this.vectors.length = 0;
    const compared = Math.min(history.size, COMPARED_COUNT_MAX);
    for (let entry = 0; entry < compared; entry += 1) {
      const vector = this.sources.itemVectors.vector(history.ordinals[entry]);
      if (vector) this.vectors.push(vector);
    }
  }

  write({ vector }: CandidateInHand, out: Float32Array, offset: number): void {
    const { vectors } = this;
    if (vector === null || vectors.length === 0) {
      out[offset] = 0;
      out[offset + 1] = 0;
      return;
    }
    let highest = -1;
    let sum = 0;
    for (let index = 0; index < vectors.length; index += 1) {
      const cosine = dotProduct(vectors[index], vector);
      if (cosine > highest) highest = cosine;
      sum += cosine;
    }
    out[offset] = highest;
    out[offset + 1] = sum / vectors.length;
  }
}
