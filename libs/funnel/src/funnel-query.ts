import type {
  AttributeValue,
  Interaction,
  Ordinal,
  QueryFeatures,
  ReleaseVersion,
  ScoredCandidate,
  SlateId,
  StreamCursor,
  UserId,
} from '@winnow/domain';
import type { Pipeline } from '@winnow/pipeline';
import type { Expression } from './expressions/expression';
import type { ServedFunnelSlate } from './slate/slate';
import type { TraceRecorder } from './slate/trace-recorder';

/** The query as it passes through the funnel. What hydrators fill in starts out anonymous. */
export interface FunnelQuery {
  readonly requestId: string;
  readonly release: ReleaseVersion;
  readonly userId: UserId;
  readonly k: number;
  readonly nowMs: number;
  readonly context: Readonly<Record<string, string>>;
  readonly seedOrdinals: readonly Ordinal[];
  /** History that the caller sent. */
  readonly requestInteractions: readonly Interaction[];
  /** The caller's exclusions, the seeds, and what earlier pages showed. */
  readonly excludedOrdinals: ReadonlySet<number>;
  readonly filter: Expression | null;
  readonly dryRun: boolean;
  /** A stage without the release is then one more stage that failed open. */
  readonly tolerateMissingRelease: boolean;

  /** Filled by `online-store`. */
  readonly features: QueryFeatures;
  readonly seenOrdinals: ReadonlySet<number>;
  readonly userAttributes: Readonly<Record<string, AttributeValue>>;

  /** Where the newest event of the user's state stands in the stream; null when the state has none. */
  readonly userStateAsOf: StreamCursor | null;

  /** Learned by `candidate-generation`: [dimension], L2-normalised. */
  readonly queryVector: Float32Array | null;

  readonly slateId: SlateId;
  /** Null but for the sampled share of requests that are logged with their full trace. */
  readonly trace: TraceRecorder | null;
}

export type FunnelPipeline = Pipeline<FunnelQuery, ScoredCandidate, ServedFunnelSlate>;
