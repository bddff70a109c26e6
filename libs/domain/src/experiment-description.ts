import type { BudgetsDescription, RerankerDescription, SourceDescription } from './description';
import type { ReleaseVersion } from './ids';

/** One arm of one experiment, by their names. */
export interface ExperimentArm {
  readonly experiment: string;
  readonly arm: string;
}

/** What an arm changes about a surface; what is left out stays as the surface has it. */
export interface SurfaceOverride {
  readonly deadlineMs?: number;
  readonly budgets?: Partial<BudgetsDescription>;
  /** Quotas of these sources instead of the surface's; 0 switches one off. */
  readonly sources?: readonly SourceDescription[];
  readonly lightKeepCount?: number;
  readonly filters?: { readonly seen?: boolean; readonly expression?: string };
  /** The whole list instead of the surface's, exploration included. */
  readonly rerankers?: readonly RerankerDescription[];
}

/** One arm: what it changes, and for which share of the experiment's users. */
export interface ArmDescription {
  readonly name: string;
  /** Share of the experiment's users, relative to the other arms'. */
  readonly weight: number;
  readonly surfaces: readonly { readonly surface: string; readonly override: SurfaceOverride }[];
  /** Served from this release while it is loaded. */
  readonly release?: ReleaseVersion;
}

/** Users are the unit: the same one is always in the same arm. */
export interface ExperimentDescription {
  readonly name: string;
  /** Experiments of one layer share no user; layers are independent of each other. */
  readonly layer: string;
  /** Half-open part of the layer's users, within [0, 1): grow it at either end and nobody changes arms. */
  readonly traffic: readonly [from: number, to: number];
  /** The first one is the control. */
  readonly arms: readonly ArmDescription[];
}

/** The `experiments` section of winnow.yaml, layers flattened. */
export interface ExperimentsDescription {
  /** Users kept out of all experiments for good, as a share of all. */
  readonly holdoutShare: number;
  readonly experiments: readonly ExperimentDescription[];
}

/** Stands for the permanent holdout where an experiment's name is expected. */
export const HOLDOUT = 'holdout';
