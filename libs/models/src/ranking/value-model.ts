import { invariant } from '@winnow/domain';
import type { ObjectiveDescription } from '@winnow/domain';

/** Explicit weights over heads: the one place where predictions become a score. Negative feedback has a negative weight. */
export class ValueModel {
  readonly heads: readonly string[];
  private readonly weights: Float64Array;

  constructor(objectives: readonly Pick<ObjectiveDescription, 'head' | 'weight'>[]) {
    invariant(objectives.length > 0, 'a value model has an objective');
    this.heads = objectives.map(({ head }) => head);
    this.weights = Float64Array.from(objectives, ({ weight }) => weight);
  }

  /** The same in the order of a model's heads. Throws a RangeError when these are not exactly the heads weighed. */
  orderedAs(heads: readonly string[]): ValueModel {
    if (heads.length !== this.heads.length || !heads.every((head) => this.heads.includes(head)))
      throw new RangeError(
        `the ranker predicts ${heads.join(', ')}; the objectives weigh ${this.heads.join(', ')}`,
      );
    return new ValueModel(heads.map((head) => ({ head, weight: this.weights[this.heads.indexOf(head)] })));
  }

  weight(head: number): number {
    return this.weights[head];
  }

  /** `Σ weight · prediction` for each row of [n, heads]. */
  scores(headValues: Float32Array): Float32Array {
    const headCount = this.weights.length;
    invariant(headValues.length % headCount === 0, 'head values are [n, heads]');
    const scores = new Float32Array(headValues.length / headCount);
    for (let row = 0; row < scores.length; row += 1) {
      let sum = 0;
      for (let head = 0; head < headCount; head += 1)
        sum += this.weights[head] * headValues[row * headCount + head];
      scores[row] = sum;
    }
    return scores;
  }
}
