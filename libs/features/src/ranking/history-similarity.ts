import { BLOCK_WIDTH, dotProductsOfBlock } from './dot-product';
import type {
  Candidates,
  FeatureColumns,
  PreparedQuery,
  RankingFeature,
  RankingFeatureSources,
} from './ranking-feature';

/** Vector comparisons are the dearest feature: the newest ten interactions tell most of it. */
const BLOCK_COUNT = 2;
const COMPARED_COUNT_MAX = BLOCK_COUNT * BLOCK_WIDTH;

/** Cosine of the candidate's vector with those of the newest interactions: the highest, and the mean. */
export class HistorySimilarity implements RankingFeature {
  static readonly names = ['history-cosine-max', 'history-cosine-mean'];
  /** Each [dimension, 5], the newest interactions first. */
  private readonly blocks: readonly Float32Array[];
  private readonly cosines = new Float64Array(COMPARED_COUNT_MAX);
  private compared = 0;

  constructor(private readonly sources: RankingFeatureSources) {
    this.blocks = Array.from(
      { length: BLOCK_COUNT },
      () => new Float32Array(sources.itemVectors.dimension * BLOCK_WIDTH),
    );
  }

  begin({ history }: PreparedQuery): void {
    const { itemVectors } = this.sources;
    this.compared = 0;
    for (let entry = 0; entry < Math.min(history.size, COMPARED_COUNT_MAX); entry += 1) {
      const vector = itemVectors.vector(history.ordinals[entry]);
      if (!vector) continue;
      const block = this.blocks[Math.floor(this.compared / BLOCK_WIDTH)];
      const lane = this.compared % BLOCK_WIDTH;
      for (let index = 0; index < vector.length; index += 1)
        block[index * BLOCK_WIDTH + lane] = vector[index];
      this.compared += 1;
    }
  }

  write({ ordinals, vectors, dimension, hasVector }: Candidates, out: FeatureColumns): void {
    const { blocks, cosines, compared } = this;
    if (compared === 0) return;
    const row = { matrix: vectors, at: 0, dimension };
    for (let candidate = 0; candidate < ordinals.length; candidate += 1) {
      if (hasVector[candidate] === 0) continue;
      row.at = candidate * dimension;
      for (let block = 0; block * BLOCK_WIDTH < compared; block += 1)
        dotProductsOfBlock(blocks[block], row, cosines, block * BLOCK_WIDTH);
      let highest = -1;
      let sum = 0;
      for (let index = 0; index < compared; index += 1) {
        if (cosines[index] > highest) highest = cosines[index];
        sum += cosines[index];
      }
      const at = out.offset + candidate * out.stride;
      out.matrix[at] = highest;
      out.matrix[at + 1] = sum / compared;
    }
  }
}
