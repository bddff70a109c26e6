import type { Ordinal } from './ids';

/** Where a candidate came from: which source, how far down its list, and with what score. */
export interface Provenance {
  readonly source: string;
  readonly rank: number;
  readonly score: number;
}

/** The same item of several sources is one candidate with several provenances. */
export interface Candidate {
  readonly ordinal: Ordinal;
  readonly provenance: readonly Provenance[];
}

/** A position that was given by chance: what could have stood there, and how likely each was to. */
export interface Exploration {
  /** The re-ranker that drew. */
  readonly policy: string;
  /** Of the item drawn. */
  readonly propensity: number;
  /** All that could have been drawn; the first would have stood there without exploration. */
  readonly ordinals: readonly Ordinal[];
  /** By which they were ranked, one per ordinal. */
  readonly scores: readonly number[];
  /** One per ordinal; together 1. */
  readonly propensities: readonly number[];
}

/** A candidate on its way through scoring. Later stages add; nothing is overwritten. */
export interface ScoredCandidate extends Candidate {
  /** The last stage's score; what the next one sorts by. */
  readonly score: number;
  readonly stageScores: readonly { readonly stage: string; readonly score: number }[];
  /** Predictions of the heavy ranker in the order of `Slate.heads`; empty when it did not answer. */
  readonly headValues: readonly number[];
  /** Absent where nothing was left to chance. */
  readonly exploration?: Exploration;
}
