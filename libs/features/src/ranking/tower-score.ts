import { dotProduct } from './dot-product';
import type { CandidateInHand, PreparedQuery, RankingFeature } from './ranking-feature';

/** What retrieval thought: the cosine of query and item tower, and whether both were there. */
export class TowerScore implements RankingFeature {
  static readonly names = ['tower-score', 'tower-score-present'];
  private queryVector: Float32Array | null = null;

  begin({ queryVector }: PreparedQuery): void {
    this.queryVector = queryVector;
  }

  write({ vector }: CandidateInHand, out: Float32Array, offset: number): void {
    const present = this.queryVector !== null && vector !== null;
    out[offset] = present ? dotProduct(this.queryVector!, vector!) : 0;
    out[offset + 1] = present ? 1 : 0;
  }
}
