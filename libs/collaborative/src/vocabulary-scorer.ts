import type { InteractionColumns } from '@winnow/features';

/** What a model of this library learns from. */
export interface LearningInput {
  /** Oldest first; items outside the vocabulary are passed over. */
  readonly past: InteractionColumns;
  /** Ordinals to score, ascending. */
  readonly vocabulary: Uint32Array;
}

/** For whom to score: a history is all that is asked of anybody, so a new user is served from the first click. */
export interface ScoringQuery {
  /** Oldest first, in the vocabulary or not. */
  readonly history: Uint32Array;
  /** Parallel to `history`. */
  readonly historyTimesMs: Float64Array;
}

/** A fitted model. */
export interface VocabularyScorer {
  /** [vocabulary] The higher the better, in the vocabulary's order. The next call may write into the same array. */
  score(query: ScoringQuery): Float64Array;
}
