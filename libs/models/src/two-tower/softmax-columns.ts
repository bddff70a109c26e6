import type { BatchItems } from '../items/batch-items';
import { INVISIBLE } from '../items/recency';
import type { TrainingUnit } from './batch-plan';
import { logInclusionProbability } from './negative-sampling';
import type { SamplingDistribution } from './negative-sampling';
import type { TrainingFrame } from './training-frame';

/** The part of a batch that the softmax needs besides the towers' outputs, row-major. */
export interface PairMatrices {
  /** −log inclusion probability, or a very negative number for a column that is no negative of this pair, [pairs, columns] */
  readonly adjustment: Float32Array;
  /** Column of each pair's item, [pairs] */
  readonly targets: Uint32Array;
  /** [pairs, 1] */
  readonly weights: Float32Array;
}

/** The items among which the softmax of a batch chooses: the distinct items of its pairs and of the uniform negatives. */
export class SoftmaxColumns {
  private readonly markedBy: Int32Array;
  private marker = 0;
  private columns: number[] = [];
  private items: number[] = [];

  constructor(
    private readonly options: {
      readonly frame: TrainingFrame;
      readonly distribution: SamplingDistribution;
      /** Uniform draws per batch. */
      readonly uniformCount: number;
      readonly ordinalLimit: number;
    },
  ) {
    this.markedBy = new Int32Array(options.ordinalLimit);
  }

  get count(): number {
    return this.columns.length;
  }

  /** Index of each column's item within the batch. */
  get batchItems(): readonly number[] {
    return this.items;
  }

  collect(units: readonly TrainingUnit[], negatives: Uint32Array, batchItems: BatchItems): void {
    this.columns = [];
    this.items = [];
    this.marker += 1;
    const add = (ordinal: number): void => {
      if (this.markedBy[ordinal] === this.marker) return;
      this.markedBy[ordinal] = this.marker;
      this.columns.push(ordinal);
      this.items.push(batchItems.indexOf(ordinal));
    };
    for (const { pairFrom, pairTo } of units)
      for (let pair = pairFrom; pair < pairTo; pair += 1) add(this.options.frame.pairOrdinals[pair]);
    for (const ordinal of negatives) add(ordinal);
  }

  /**
   * An item that the user has taken, ever, is no negative for that user: these are the accidental hits of sampled
   * softmax, and at serving such items are filtered anyway.
   */
  pairMatrices(units: readonly TrainingUnit[]): PairMatrices {
    const { frame, distribution, uniformCount } = this.options;
    const columnCount = this.columns.length;
    const pairCount = units.reduce((sum, { pairFrom, pairTo }) => sum + pairTo - pairFrom, 0);
    const correction = Float32Array.from(
      this.columns,
      (ordinal) => -logInclusionProbability(distribution, { ordinal, pairCount, uniformCount }),
    );
    const columnOf = new Map(this.columns.map((ordinal, column) => [ordinal, column]));
    const matrices = {
      adjustment: new Float32Array(pairCount * columnCount),
      targets: new Uint32Array(pairCount),
      weights: new Float32Array(pairCount),
    };
    let row = 0;
    for (const unit of units) {
      const template = this.withoutTaken(unit.user, correction);
      for (let pair = unit.pairFrom; pair < unit.pairTo; pair += 1, row += 1) {
        const target = columnOf.get(frame.pairOrdinals[pair])!;
        matrices.adjustment.set(template, row * columnCount);
        matrices.adjustment[row * columnCount + target] = correction[target];
        matrices.targets[row] = target;
        matrices.weights[row] = frame.pairWeights[pair];
      }
    }
    return matrices;
  }

  private withoutTaken(user: number, correction: Float32Array): Float32Array {
    const { frame } = this.options;
    this.marker += 1;
    for (let event = frame.userOffsets[user]; event < frame.userOffsets[user + 1]; event += 1)
      this.markedBy[frame.ordinals[event]] = this.marker;
    return correction.map((value, column) =>
      this.markedBy[this.columns[column]] === this.marker ? INVISIBLE : value,
    );
  }
}
