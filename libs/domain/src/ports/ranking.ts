import type { ReleaseVersion } from '../ids';
import type { QueryFeatures } from '../query';
import type { Result, StageError } from '../result';
import type { LiveStateCursors } from '../slate-trace';

/** What a call may still spend, and who is asking. */
export interface CallContext {
  /** Monotonic deadline, on the clock of `performance.now()`. */
  readonly deadlineAtMs: number;
  readonly requestId: string;
  readonly signal?: AbortSignal;
}

/** Candidates of one query to be scored by one release. */
export interface RankRequest {
  readonly release: ReleaseVersion;
  readonly query: QueryFeatures;
  readonly ordinals: Uint32Array;
  /** L2-normalised output of the query tower, [dim]; null when candidate generation did not answer. */
  readonly queryVector: Float32Array | null;
  /** The reply is to have `features`, for a trace. Default: false. */
  readonly returnFeatures?: boolean;
}

/** What a ranker's network was given. */
export interface RankedFeatures {
  readonly names: readonly string[];
  /** Row-major [ordinals, names]. */
  readonly values: Float32Array;
  /** Of the ranker's process when it computed them. */
  readonly asOf: LiveStateCursors;
}

/** One score per candidate, and what each head predicted. */
export interface RankReply {
  readonly release: ReleaseVersion;
  /** One per ordinal, in request order, finite. */
  readonly scores: Float32Array;
  readonly heads: readonly string[];
  /** Row-major [ordinals, heads]. */
  readonly headValues: Float32Array;
  /** When the request asked for them and the ranker follows the streams. */
  readonly features?: RankedFeatures;
}

/** Light and heavy ranker alike. A candidate's score never depends on what else is in the request. */
export interface Ranker {
  rank(request: RankRequest, context: CallContext): Promise<Result<RankReply, StageError>>;
}

/** So many candidates of each source for one query, of one release. */
export interface RetrieveRequest {
  readonly release: ReleaseVersion;
  readonly query: QueryFeatures;
  readonly sources: readonly { readonly source: string; readonly quota: number }[];
  readonly excludedOrdinals: Uint32Array;
}

/** What each source found; an item that several found comes once in each. */
export interface RetrieveReply {
  readonly release: ReleaseVersion;
  /** Best first, unique within a source. */
  readonly sources: readonly {
    readonly source: string;
    readonly ordinals: Uint32Array;
    readonly scores: Float32Array;
  }[];
  readonly queryVector: Float32Array;
}

/** The learned sources behind one call. Errors are values; a release that is not loaded is {@link RELEASE_NOT_LOADED}. */
export interface CandidateRetriever {
  retrieve(request: RetrieveRequest, context: CallContext): Promise<Result<RetrieveReply, StageError>>;
}

/** The reason of the StageError with which a service answers for a release that it has not loaded. */
export const RELEASE_NOT_LOADED = 'release-not-loaded';

/** What a model service can answer from now. */
export interface ModelServiceStatus {
  /** Newest first. */
  readonly loadedReleases: readonly ReleaseVersion[];
  readonly ready: boolean;
  readonly backend: string;
}

/** How the orchestrator learns which releases a stage can answer from. */
export interface ModelServiceProbe {
  status(context: CallContext): Promise<Result<ModelServiceStatus, StageError>>;
}
