import type { Distribution, DriftFigures } from '@winnow/evaluation';

/** What a release was trained on, in histograms: kept with it, so that what comes later can be compared. */
export interface DriftReference {
  readonly formatVersion: 1;
  /** Of the log's part; scores and features are of the held-out events, which no network had seen. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly distributions: Readonly<Record<string, Distribution>>;
  /** By feature: the index by which it moved from day to day in training; absent in releases from before it was measured. */
  readonly usualPsi?: Readonly<Record<string, number>>;
}

/** One feature on one day, beside the reference. */
export interface DriftRow extends DriftFigures {
  readonly feature: string;
  /** Start of the UTC day. */
  readonly dayMs: number;
  /** Independent samples of the day. */
  readonly sampleCount: number;
}

export interface DriftReport {
  readonly release: string;
  readonly reference: DriftReference;
  /** By day, then by feature in the order of the reference. */
  readonly rows: readonly DriftRow[];
}
