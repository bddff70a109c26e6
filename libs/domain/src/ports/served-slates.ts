import type { Exploration } from '../candidate';
import type { ExperimentArm } from '../experiment-description';
import type { Ordinal, ReleaseVersion, SlateId, SurfaceName, UserId } from '../ids';
import type { Result, StageError } from '../result';
import type { SlateTrace } from '../slate-trace';

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
  /** Of a sampled share. */
  readonly trace?: SlateTrace;
}

/**
 * The front of the served-slate log, off the request path: resolves once the slate is in the durable stream. An error
 * means that it is not logged; nobody tries again.
 */
export interface ServedSlateWriter {
  append(slate: ServedSlate): Promise<Result<void, StageError>>;
}

/** The served-slate log itself. */
export interface SlateLogWriter {
  /** Durable once resolved. A slate may come again: readers see it once. */
  append(slates: readonly ServedSlate[]): Promise<void>;
}

export interface SlateLogReader {
  /** Each slate once, oldest first, without traces; of a window of serving times, [`fromMs`, `toMs`). */
  stream(window?: {
    readonly fromMs?: number;
    readonly toMs?: number;
  }): AsyncIterable<readonly ServedSlate[]>;
  /**
   * Every user who was served since `settleMs` after the first slate that `release` made from `fromMs` on; nobody where
   * it made none. Users with a slate of one of the experiments `except` are left out.
   */
  usersServedSince(options: {
    readonly release: ReleaseVersion;
    readonly fromMs: number;
    readonly settleMs: number;
    readonly except: readonly string[];
  }): Promise<ServedUsers>;
  /**
   * At most `countMax` slates that have a trace, drawn by a hash of their ids, so that the same log gives the same
   * sample; oldest first.
   */
  sampleTraced(options: {
    readonly countMax: number;
    readonly fromMs?: number;
    readonly toMs?: number;
  }): AsyncIterable<readonly TracedSlate[]>;
}

/** What users were served from a moment on, as parallel columns, [users]. */
export interface ServedUsers {
  readonly userIds: readonly string[];
  readonly firstAtMs: Float64Array;
  readonly slateCounts: Float64Array;
  /** Slates that went without a component. */
  readonly degradedCounts: Float64Array;
  /** Slates of the release that was asked about. */
  readonly releaseCounts: Float64Array;
}

export type TracedSlate = ServedSlate & { readonly trace: SlateTrace };

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
