import type { Ordinal, ReleaseVersion, SlateId, SurfaceName, UserId } from '../ids';
import type { Result, StageError } from '../result';

/** What is kept of a slate that was sent: the other half of the join with impressions and interactions. */
export interface ServedSlate {
  readonly slateId: SlateId;
  readonly userId: UserId;
  /** Empty when the caller sent none. */
  readonly sessionId: string;
  readonly surface: SurfaceName;
  readonly release: ReleaseVersion;
  readonly servedAtMs: number;
  /** Components that failed open, in funnel order. */
  readonly degraded: readonly string[];
  /** In slate order; `position` counts earlier pages in. */
  readonly items: readonly {
    readonly ordinal: Ordinal;
    readonly position: number;
    readonly score: number;
    readonly sources: readonly string[];
  }[];
}

/** Keeps served slates, off the request path. Bounded per user; erased with the user. */
export interface ServedSlateWriter {
  append(slate: ServedSlate): Promise<Result<void, StageError>>;
}

export interface ServedSlateReader {
  /** Newest first. */
  recentSlates(userId: UserId): Promise<readonly ServedSlate[]>;
}
