import { dotProductWithRow } from './dot-product';
import type { Candidates, FeatureColumns, PreparedQuery, RankingFeature } from './ranking-feature';

/** What retrieval thought: the cosine of query and item tower, and whether both were there. */
export class TowerScore implements RankingFeature {
  static readonly names = ['tower-score', 'tower-score-present'];
  private queryVector: Float32Array | null = null;

  begin({ queryVector }: PreparedQuery): void {
    this.queryVector = queryVector;
  }

  write({ ordinals, vectors, dimension, hasVector }: Candidates, out: FeatureColumns): void {
    const { queryVector } = this;
    if (queryVector === null) return;
    for (let row = 0; row < ordinals.length; row += 1) {
      if (hasVector[row] === 0) continue;
      const at = out.offset + row * out.stride;
      out.matrix[at] = dotProductWithRow(queryVector, vectors, row * dimension);
      out.matrix[at + 1] = 1;
    }
  }
}
