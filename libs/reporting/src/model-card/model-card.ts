import type { ItemGroupMetrics, MeanWithInterval, UserGroupMetrics } from '@winnow/evaluation';
import type { GateVerdict } from '../gate-report/gate-report';

/** One ranking metric of one recommender on the held-out events. */
export interface CardMetric {
  /** `recall@20`. */
  readonly name: string;
  readonly candidate: MeanWithInterval;
  readonly popular: MeanWithInterval;
  /** Null when nothing was serving. */
  readonly serving: MeanWithInterval | null;
}

export interface UserSlice {
  /** What the users are told apart by. */
  readonly by: string;
  readonly groups: readonly UserGroupMetrics[];
  /** Least recall over greatest. */
  readonly parity: number;
}

export interface ItemSlice {
  readonly by: string;
  readonly groups: readonly ItemGroupMetrics[];
  /** Least exposure, in proportion to what people chose, over greatest. */
  readonly parity: number;
}

/** What the release did on events that no network had seen. */
export interface HoldoutEvidence {
  readonly k: number;
  readonly userCount: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly eventCount: number;
  readonly metrics: readonly CardMetric[];
  /** Share of the catalogue that somebody is shown. */
  readonly coverage: number;
  /** Of exposure over the catalogue: 0 is even. */
  readonly gini: number;
  readonly popularityCurve: readonly { readonly itemShare: number; readonly exposureShare: number }[];
  readonly userSlices: readonly UserSlice[];
  readonly itemSlices: readonly ItemSlice[];
  /** Slices by the attributes that winnow.yaml names under `fairness`. */
  readonly fairness: { readonly users: readonly UserSlice[]; readonly items: readonly ItemSlice[] };
}

export interface CardTraining {
  readonly model: string;
  readonly losses: readonly number[];
  readonly validation: readonly number[];
  readonly bestEpoch: number;
  readonly exampleCount: number;
  readonly examplesPerSecond: number;
  readonly durationMs: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * What a release is, what it was made from, how well it does and for whom (Mitchell et al., *Model cards for model
 * reporting*, FAT* 2019). Written with every release, as JSON and as HTML.
 */
export interface ModelCard {
  readonly formatVersion: 1;
  readonly version: string;
  readonly namespace: string;
  readonly createdAtMs: number;
  readonly parent: string | null;
  readonly codeVersion: string;
  readonly seeds: Readonly<Record<string, number>>;
  readonly data: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly eventCount: number;
    readonly userCount: number;
    readonly itemCount: number;
    readonly eventTypes: readonly string[];
  };
  readonly models: {
    readonly dimension: number;
    readonly historyCountMax: number;
    readonly index: {
      readonly kind: string;
      readonly efSearch: number;
      readonly recallAt500: number;
    };
    readonly objectives: readonly {
      readonly head: string;
      readonly event: string;
      readonly valueMin?: number;
      readonly weight: number;
    }[];
    /** What the rankers read of query and item. */
    readonly features: readonly string[];
  };
  readonly verdict: GateVerdict;
  /** Null when nothing was held out. */
  readonly holdout: HoldoutEvidence | null;
  readonly training: readonly CardTraining[];
  /** What the release cannot be expected to do. */
  readonly limits: readonly string[];
}
