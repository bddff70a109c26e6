import type { AttributeValue } from './attributes';
import type { Interaction } from './interaction';
import type { Ordinal } from './ids';
import type { StreamCursor } from './stream-cursor';

/** What every model needs to know about the query; travels once per stage. */
export interface QueryFeatures {
  /** Oldest first, at most `training.historyCountMax`. */
  readonly history: readonly Interaction[];
  readonly seedOrdinals: readonly Ordinal[];
  readonly userAttributes: Readonly<Record<string, AttributeValue>>;
  /** `device`, `country` and the caller's free key-values. */
  readonly context: Readonly<Record<string, string>>;
  readonly nowMs: number;
}

/** Everything the online store knows of a user, in one read. */
export interface UserState {
  /** Oldest first. */
  readonly recentInteractions: readonly Interaction[];
  readonly seenOrdinals: Uint32Array;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Where the newest event that was applied stands in the stream. Absent when none came by the stream. */
  readonly asOf?: StreamCursor;
}
