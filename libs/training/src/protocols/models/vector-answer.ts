import { invariant } from '@winnow/domain';
import type { RankingQuery, ScoreAnswer } from '../ranking-model';

export interface VectorAnswerOptions {
  /** Query vectors, row-major [queries, dimension]. */
  encode(queries: readonly RankingQuery[]): Promise<Float32Array>;
  /** [vocabulary, dimension] In the vocabulary's order. */
  readonly itemVectors: Float32Array;
  readonly dimension: number;
}

/** Scores by the inner product of a query's vector and each item's: any two-tower model, searched exactly. */
export function vectorAnswer({ encode, itemVectors, dimension }: VectorAnswerOptions): ScoreAnswer {
  const itemCount = itemVectors.length / dimension;
  return {
    kind: 'scores',
    async score(queries) {
      const vectors = await encode(queries);
      invariant(vectors.length === queries.length * dimension, 'one vector per query');
      const scores = new Float32Array(queries.length * itemCount);
      for (let query = 0, out = 0; query < queries.length; query += 1)
        for (let item = 0, at = 0; item < itemCount; item += 1, out += 1) {
          let sum = 0;
          const own = query * dimension;
          for (let index = 0; index < dimension; index += 1, at += 1)
            sum += vectors[own + index] * itemVectors[at];
          scores[out] = sum;
        }
      return scores;
    },
  };
}
