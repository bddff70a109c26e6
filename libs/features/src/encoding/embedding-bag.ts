/** Rows of an embedding table and the weight of each in the sum. */
export interface EmbeddingBag {
  readonly rows: Uint32Array;
  readonly weights: Float32Array;
}

/** Collects a bag; every group's rows weigh 1 together, so a long text counts as much as a short one. */
export class EmbeddingBagBuilder {
  private readonly rows: number[] = [];
  private readonly weights: number[] = [];

  addMean(rows: ArrayLike<number>): void {
    for (let index = 0; index < rows.length; index += 1) {
      this.rows.push(rows[index]);
      this.weights.push(1 / rows.length);
    }
  }

  build(): EmbeddingBag {
    return { rows: Uint32Array.from(this.rows), weights: Float32Array.from(this.weights) };
  }
}
