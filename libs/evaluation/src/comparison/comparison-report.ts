import type { PopularityCurvePoint } from '../metrics/catalogue-metrics';
import type { ItemGroupMetrics, UserGroupMetrics } from '../metrics/group-metrics';
import type { CalibrationBin } from '../metrics/prediction-metrics';
import type { MetricValue } from './metric-value';

/** Which past is learned from and what is asked, named as on the command line. */
export const PROTOCOL_NAMES = ['gt', 'loo', 'folds', 'gowalla'] as const;
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

/** What a run took. Of everything in a report only this differs when it is made again with the same seeds. */
export interface RunCost {
  /** Choosing settings; of the first run only. */
  readonly tuningMs: number;
  readonly trainingMs: number;
  /** Asking for all cases. */
  readonly answeringMs: number;
  readonly examplesPerSecond: number;
  /** The process at its largest while the model was tuned, trained and asked, data included; null where it is not known. */
  readonly peakMemoryBytes: number | null;
}

/** How training went, epoch by epoch. */
export interface LearningCurve {
  /** What was trained: a model may have several parts. */
  readonly part: string;
  readonly losses: readonly number[];
  /** Early-stopping criterion, higher is better; empty when nothing was held out. */
  readonly validation: readonly number[];
}

export interface UserSliceReport {
  /** What the users are told apart by. */
  readonly by: string;
  readonly k: number;
  readonly groups: readonly UserGroupMetrics[];
}

export interface ItemSliceReport {
  /** What the items are told apart by. */
  readonly by: string;
  readonly k: number;
  readonly groups: readonly ItemGroupMetrics[];
}

/** One model with one seed. */
export interface ModelRun {
  readonly seed: number;
  readonly exampleCount: number;
  readonly metrics: readonly MetricValue[];
  readonly learningCurves: readonly LearningCurve[];
  /** Empty for models that do not rank. */
  readonly popularityCurve: readonly PopularityCurvePoint[];
  /** Empty for models that predict no probability. */
  readonly calibrationCurve: readonly CalibrationBin[];
  readonly userSlices: readonly UserSliceReport[];
  readonly itemSlices: readonly ItemSliceReport[];
  readonly cost: RunCost;
}

export type ModelSettings = Readonly<Record<string, number | string | boolean>>;

/** One model over its seeds. */
export interface ModelReport {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Trained and asked once, because every seed gives the same. */
  readonly deterministic: boolean;
  /** What was chosen on the validation part, before the test part was looked at. */
  readonly settings: ModelSettings;
  readonly runs: readonly ModelRun[];
  /** Over the runs; intervals are over seeds where there are several, else over the users of the only run. */
  readonly metrics: readonly MetricValue[];
}

/** Why a model that was asked for is not in a table. */
export interface SkippedModel {
  readonly name: string;
  readonly reason: string;
}

/** Models side by side on one question. */
export interface ComparisonPart {
  readonly task: 'ranking' | 'rating';
  /** What was asked, in a sentence. */
  readonly question: string;
  /** Sizes and shares that say what the figures are about, in the order to show them. */
  readonly facts: readonly { readonly name: string; readonly value: number }[];
  readonly ks: readonly number[];
  readonly models: readonly ModelReport[];
  readonly skipped: readonly SkippedModel[];
}

/** What `winnow evaluate --protocol …` prints as JSON: everything that a table or a page shows. */
export interface ComparisonReport {
  readonly formatVersion: 1;
  readonly data: string;
  readonly protocol: ProtocolName;
  readonly seeds: readonly number[];
  readonly parts: readonly ComparisonPart[];
  readonly durationMs: number;
}
