import type { Exploration } from '../candidate';
import type { ExperimentArm } from '../experiment-description';
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
  /** Arms that mattered for the surface; empty in slates from before there were experiments. */
  readonly arms: readonly ExperimentArm[];
  /** In slate order; `position` counts earlier pages in. */
  readonly items: readonly {
    readonly ordinal: Ordinal;
    readonly position: number;
    readonly score: number;
    readonly sources: readonly string[];
    /** Absent: the item stood there for certain, with propensity 1. */
    readonly exploration?: Exploration;
  }[];
}

/** Keeps served slates, off the request path. Bounded per user; erased with the user. */
export interface ServedSlateWriter {
  append(slate: ServedSlate): Promise<Result<void, StageError>>;
}

export interface ServedSlateReader {
  /** Newest first. */
  recentSlates(userId: UserId): Promise<readonly ServedSlate[]>;
  /** Everybody's, in batches, in no order; those of a user newest first. O(keys in the store): for reports. */
  allSlates(): AsyncIterable<readonly ServedSlate[]>;
}

/** When a user met an experiment for the first time, and in which arm. */
export interface Exposure {
  readonly userId: UserId;
  readonly arm: string;
  readonly firstAtMs: number;
}

/** Written with the served slate that exposed the user; erased with the user. */
export interface ExposureReader {
  /** In batches, in no order. O(keys in the store): for reports. */
  exposures(experiment: string): AsyncIterable<readonly Exposure[]>;
}
