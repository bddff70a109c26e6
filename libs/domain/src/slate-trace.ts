import type { Interaction } from './interaction';
import type { Ordinal } from './ids';
import type { StreamCursor } from './stream-cursor';

/** Up to where a process that computed features had followed the streams. */
export interface LiveStateCursors {
  readonly events: StreamCursor;
  readonly catalog: StreamCursor;
}

/** The candidates of one request as parallel columns, in the order of the last ranking. */
export interface TracedCandidates {
  /** [candidates] */
  readonly ordinals: Uint32Array;
  /** [candidates]; NaN where the light ranker did not score. */
  readonly lightScores: Float32Array;
  /** [heavy], of the first candidates: the others stayed behind them, unscored. */
  readonly heavyScores: Float32Array;
  /** Row-major [heavy, heads]. */
  readonly headValues: Float32Array;
  /** Row-major [heavy, features]: what the heavy ranker was given, not computed anew. */
  readonly features: Float32Array;
  /** Who found which candidate: parallel columns, in the order of the candidates. */
  readonly provenance: {
    /** [finds] Index of the candidate. */
    readonly candidates: Uint32Array;
    /** [finds] Index into `sourceNames`. */
    readonly sources: Uint8Array;
    readonly sourceNames: readonly string[];
    /** [finds] 0-based. */
    readonly ranks: Uint32Array;
    /** [finds] */
    readonly scores: Float32Array;
  };
}

/** Everything that made one slate: kept of a sampled share, to be looked at, learned from and computed again. */
export interface SlateTrace {
  /** What came with the request and is in no log. */
  readonly query: {
    /** History that the caller sent. */
    readonly interactions: readonly Interaction[];
    readonly seedOrdinals: readonly Ordinal[];
    readonly context: Readonly<Record<string, string>>;
    /** False when candidate generation did not answer. */
    readonly hasQueryVector: boolean;
  };
  /** The newest event that the user's record had when it was read; null for a record without one. */
  readonly userStateAsOf: StreamCursor | null;
  /** Of the heavy ranker's process when it computed the features; null when it gave none. */
  readonly featuresAsOf: LiveStateCursors | null;
  readonly removed: readonly { readonly filter: string; readonly count: number }[];
  readonly heads: readonly string[];
  readonly featureNames: readonly string[];
  readonly candidates: TracedCandidates;
}
