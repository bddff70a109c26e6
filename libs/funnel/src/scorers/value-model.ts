import type { ObjectiveDescription } from '@winnow/domain';

export interface HeadWeight {
  readonly head: string;
  readonly weight: number;
}

/** The configured weight of each head that a ranker predicts, 0 for one that no objective names. */
export const headWeights = (
  heads: readonly string[],
  objectives: readonly ObjectiveDescription[],
): readonly HeadWeight[] =>
  heads.map((head) => ({
    head,
    weight: objectives.find((objective) => objective.head === head)?.weight ?? 0,
  }));

/**
 * One score per candidate: Σ weight · prediction, in full view of whoever set the weights.
 *
 * @param headValues - row-major [candidates, heads]
 * @returns [candidates]
 */
export function valueScores(headValues: Float32Array, weights: readonly HeadWeight[]): Float64Array {
  const headCount = weights.length;
  const scores = new Float64Array(headCount === 0 ? 0 : headValues.length / headCount);
  for (let row = 0; row < scores.length; row += 1)
    for (let head = 0; head < headCount; head += 1)
      scores[row] += weights[head].weight * headValues[row * headCount + head];
  return scores;
}
