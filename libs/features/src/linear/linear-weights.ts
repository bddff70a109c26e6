import type { TensorFile } from '@winnow/domain';
import { tensorOf } from '../storage/tensor-access';

/** What `LinearWeights` is made of; rows and columns are positions in the vocabulary. */
export interface LinearWeightRows {
  /** [items] Ordinals, ascending. */
  readonly vocabulary: Uint32Array;
  /** [items + 1] Row i is the entries offsets[i] … offsets[i + 1]. */
  readonly offsets: Uint32Array;
  /** [entries] Which item the entry speaks of. */
  readonly columns: Uint32Array;
  /** [entries] Of either sign. */
  readonly weights: Float32Array;
}

/**
 * A linear item–item model (SLIM: Ning and Karypis, ICDM 2011; EASEᴿ: Steck, WWW 2019): what an item of the history adds to, or
 * takes from, the score of every other. It covers a vocabulary of frequent items and keeps each one's largest weights, as
 * compressed sparse rows. `@winnow/collaborative` fits it.
 */
export class LinearWeights {
  private readonly positions: Int32Array;

  /** Throws a RangeError that says what does not fit together, so that a damaged file is refused at load. */
  constructor(readonly rows: LinearWeightRows) {
    assertConsistent(rows);
    this.positions = new Int32Array((rows.vocabulary.at(-1) ?? -1) + 1).fill(-1);
    rows.vocabulary.forEach((ordinal, position) => (this.positions[ordinal] = position));
  }

  static empty(): LinearWeights {
    return new LinearWeights({
      vocabulary: new Uint32Array(0),
      offsets: new Uint32Array(1),
      columns: new Uint32Array(0),
      weights: new Float32Array(0),
    });
  }

  /** Items of the vocabulary. */
  get size(): number {
    return this.rows.vocabulary.length;
  }

  /** Where the item stands in the vocabulary; −1 when it does not. */
  position(ordinal: number): number {
    return ordinal < this.positions.length ? this.positions[ordinal] : -1;
  }

  toTensors(): TensorFile {
    const { vocabulary, offsets, columns, weights } = this.rows;
    return {
      metadata: {},
      tensors: {
        vocabulary: { shape: [vocabulary.length], data: vocabulary },
        offsets: { shape: [offsets.length], data: offsets },
        columns: { shape: [columns.length], data: columns },
        weights: { shape: [weights.length], data: weights },
      },
    };
  }

  static fromTensors(file: TensorFile): LinearWeights {
    return new LinearWeights({
      vocabulary: tensorOf(file, 'vocabulary', Uint32Array),
      offsets: tensorOf(file, 'offsets', Uint32Array),
      columns: tensorOf(file, 'columns', Uint32Array),
      weights: tensorOf(file, 'weights', Float32Array),
    });
  }
}

function assertConsistent({ vocabulary, offsets, columns, weights }: LinearWeightRows): void {
  const require = (holds: boolean, what: string): void => {
    if (!holds) throw new RangeError(`linear weights: ${what}`);
  };
  require(offsets.length === vocabulary.length + 1, 'there is not one row per item of the vocabulary');
  require(offsets[0] === 0 && offsets.at(-1) === columns.length, 'rows do not cover the entries');
  require(columns.length === weights.length, 'columns and weights differ in number');
  for (let item = 0; item < vocabulary.length; item += 1) {
    require(offsets[item] <= offsets[item + 1], 'rows overlap');
    require(item === 0 || vocabulary[item - 1] < vocabulary[item], 'the vocabulary is not ascending');
  }
  for (let entry = 0; entry < columns.length; entry += 1) {
    require(columns[entry] < vocabulary.length, 'a column lies outside the vocabulary');
    require(Number.isFinite(weights[entry]), 'a weight is not finite');
  }
}
