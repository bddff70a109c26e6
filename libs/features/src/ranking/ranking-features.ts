import type { QueryFeatures } from '@winnow/domain';
import { PreparedHistory } from './prepared-history';
import type { PreparedQuery, RankingFeature, RankingFeatureSources } from './ranking-feature';
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
    const candidate: { ordinal: number; vector: Float32Array | null } = { ordinal: 0, vector: null };
    for (let row = 0; row < ordinals.length; row += 1) {
      candidate.ordinal = ordinals[row];
      candidate.vector = this.sources.itemVectors.vector(ordinals[row]);
      for (let index = 0; index < this.columns.length; index += 1) {
        const { feature, offset } = this.columns[index];
        feature.write(candidate, matrix, row * this.count + offset);
      }
    }
    return matrix;
  }
}
