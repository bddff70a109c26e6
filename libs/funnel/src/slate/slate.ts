import type {
  Attributes,
  ExperimentArm,
  Exploration,
  ItemId,
  Ordinal,
  Provenance,
  ReleaseVersion,
  ScoredCandidate,
  ServedSlate,
  SlateId,
} from '@winnow/domain';
import type { Degradation, RunDiagnostics, StageTiming } from '@winnow/pipeline';
import type { HeadWeight } from '../scorers/value-model';

/** One position of a slate. */
export interface SlateItem {
  readonly ordinal: Ordinal;
  readonly itemId: ItemId;
  readonly score: number;
  /** 0-based, pages counted in. */
  readonly position: number;
  readonly provenance: readonly Provenance[];
  readonly stageScores: ScoredCandidate['stageScores'];
  /** In the order of `Slate.heads`; empty when the heavy ranker did not score the item. */
  readonly headValues: readonly number[];
  /** Empty unless the request asked to explain. */
  readonly reasons: readonly string[];
  /** Null unless the request asked to explain. */
  readonly attributes: Attributes | null;
  /** Absent where nothing was left to chance. */
  readonly exploration?: Exploration;
}

/** The funnel's answer. */
export interface Slate {
  readonly slateId: SlateId;
  readonly release: ReleaseVersion;
  readonly items: readonly SlateItem[];
  /** The heavy ranker's heads and their weights in the value model. */
  readonly heads: readonly HeadWeight[];
  readonly degraded: readonly Degradation[];
  /** Arms of experiments that mattered for the surface. */
  readonly arms: readonly ExperimentArm[];
  readonly timings: readonly StageTiming[];
  /** Empty when there is nothing left or the paging bound is reached. */
  readonly nextPageToken: string;
  readonly diagnostics: RunDiagnostics<ScoredCandidate>;
}

/** What side effects learn of a slate once it has been sent. */
export interface ServedFunnelSlate {
  readonly slate: ServedSlate;
  /** What candidate generation found, best first: what stands in for it when it is gone. */
  readonly retrievedOrdinals: Uint32Array;
}
