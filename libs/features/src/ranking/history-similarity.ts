import { BLOCK_WIDTH, dotProductsOfBlock } from './dot-product';
import type {
  CandidateInHand,
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

  write({ vector }: CandidateInHand, out: Float32Array, offset: number): void {
    const { blocks, cosines, compared } = this;
    if (vector === null || compared === 0) {
      out[offset] = 0;
      out[offset + 1] = 0;
      return;
    }
    for (let block = 0; block * BLOCK_WIDTH < compared; block += 1)
      dotProductsOfBlock(blocks[block], vector, cosines, block * BLOCK_WIDTH);
    let highest = -1;
    let sum = 0;
    for (let index = 0; index < compared; index += 1) {
      if (cosines[index] > highest) highest = cosines[index];
      sum += cosines[index];
    }
    out[offset] = highest;
    out[offset + 1] = sum / compared;
  }
}
