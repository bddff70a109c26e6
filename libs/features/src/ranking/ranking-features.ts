import type { QueryFeatures } from '@winnow/domain';
import { PreparedHistory } from './prepared-history';
import type { Candidates, PreparedQuery, RankingFeature, RankingFeatureSources } from './ranking-feature';
import { rankingFeatureSlots } from './ranking-feature-list';

/**
 * Computes the rankers' feature matrix. A candidate's row follows from the query and that candidate alone, whatever
 * else is in the batch. Scratch memory is kept between calls: one instance per thread, calls do not overlap.
 */
export class RankingFeatures {
  readonly names: readonly string[];
  /** Columns of the matrix. */
  readonly count: number;
  private readonly columns: readonly { readonly feature: RankingFeature; readonly offset: number }[];
  private readonly history: PreparedHistory;
  /** Scratch memory of `candidates`. */
  private vectors = new Float32Array(0);
  private hasVector = new Uint8Array(0);

  constructor(private readonly sources: RankingFeatureSources) {
    const { definition } = sources.featureSet;
    let offset = 0;
    const names: string[] = [];
    this.columns = rankingFeatureSlots(definition.itemAttributes).map((slot) => {
      const column = { feature: slot.create(sources), offset };
      offset += slot.names.length;
      names.push(...slot.names);
      return column;
    });
    this.names = names;
    this.count = offset;
    this.history = new PreparedHistory(definition.events);
  }

  /**
   * @param queryVector L2-normalised output of the query tower [dimension], or null when there is none
   * @returns row-major [ordinals, count]; finite, about unit scale
   *
   * O(history × (neighbours + linear weights) + ordinals × (count + 12 × dimension)).
   */
  compute(query: QueryFeatures, queryVector: Float32Array | null, ordinals: Uint32Array): Float32Array {
    this.history.load(query.history);
    const prepared: PreparedQuery = { query, nowMs: query.nowMs, history: this.history, queryVector };
    for (const { feature } of this.columns) feature.begin(prepared);
    const matrix = new Float32Array(ordinals.length * this.count);
    const candidates = this.candidates(ordinals);
    for (const { feature, offset } of this.columns)
      feature.write(candidates, { matrix, offset, stride: this.count });
    return matrix;
  }

  private candidates(ordinals: Uint32Array): Candidates {
    const { itemVectors } = this.sources;
    const { dimension } = itemVectors;
    if (this.hasVector.length < ordinals.length) {
      this.hasVector = new Uint8Array(2 * ordinals.length);
      this.vectors = new Float32Array(2 * ordinals.length * dimension);
    }
    const { hasVector, vectors } = this;
    for (let row = 0; row < ordinals.length; row += 1) {
      const vector = itemVectors.vector(ordinals[row]);
      hasVector[row] = vector === null ? 0 : 1;
      if (vector !== null) vectors.set(vector, row * dimension);
    }
    return { ordinals, vectors, dimension, hasVector };
  }
}
