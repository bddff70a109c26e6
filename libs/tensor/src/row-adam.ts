import { invariant } from '@winnow/domain';
import type { EmbeddingTable } from './embedding-table';
import type { RowGradients } from './row-gradients';

export interface RowAdamOptions {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
}

/**
 * Adam (Kingma and Ba, 2015) for the rows of a table that a step touches: moments of other rows stand still, as in
 * PyTorch's SparseAdam. Two more floats per weight; for tables too large for that there is row-wise Adagrad.
 */
export class RowAdam {
  private readonly first: Float32Array;
  private readonly second: Float32Array;
  private step = 0;

  constructor(
    private readonly table: EmbeddingTable,
    private readonly options: RowAdamOptions,
  ) {
    this.first = new Float32Array(table.values.length);
    this.second = new Float32Array(table.values.length);
  }

  /** One update; `scale` multiplies the learning rate (for schedules). O(rows touched · dim). */
  apply(gradients: RowGradients, scale = 1): void {
    const { learningRate, beta1 = 0.9, beta2 = 0.999 } = this.options;
    const { dim, values } = this.table;
    invariant(gradients.dim === dim, 'gradients are of this table');
    this.step += 1;
    const rate = (learningRate * scale * Math.sqrt(1 - beta2 ** this.step)) / (1 - beta1 ** this.step);
    const { first, second } = this;
    gradients.forEach((row, slopes, offset) => {
      const base = row * dim;
      for (let column = 0; column < dim; column += 1) {
        const index = base + column;
        const slope = slopes[offset + column];
        first[index] += (1 - beta1) * (slope - first[index]);
        second[index] += (1 - beta2) * (slope * slope - second[index]);
        values[index] -= (rate * first[index]) / (Math.sqrt(second[index]) + 1e-8);
      }
    });
  }
}
