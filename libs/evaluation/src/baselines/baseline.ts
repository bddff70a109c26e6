import type { EvaluationCase, InteractionLog } from '../splits/interaction-log';

/** What a baseline learns from. */
export interface BaselineInput {
  readonly past: InteractionLog;
  /** Ordinals to score, ascending. */
  readonly vocabulary: Uint32Array;
}

/** A fitted baseline: scores for the whole vocabulary, in its order. The array may be reused by the next call. */
export interface Baseline {
  readonly name: string;
  score(query: Pick<EvaluationCase, 'user' | 'history'>): ArrayLike<number>;
}

/** Position of each vocabulary ordinal. */
export const positionsOf = (vocabulary: Uint32Array): Map<number, number> =>
  new Map(Array.from(vocabulary, (ordinal, position) => [ordinal, position]));
