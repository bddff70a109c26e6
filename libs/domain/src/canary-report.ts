import type { CanaryDescription } from './canary-description';
import type { ReleaseVersion } from './ids';

/** Where a canary stands: `withdrawn` when a person moved the pointer meanwhile, `replaced` when a newer release did. */
export type CanaryState = 'running' | 'promoted' | 'dropped' | 'replaced' | 'withdrawn';

/** The users of the canary, or those of the current release beside it. */
export interface CanaryGroup {
  readonly userCount: number;
  readonly slateCount: number;
  /** Share of the group's slates that the canary made: near 1 and 0, or the comparison is watered down. */
  readonly canarySlateShare: number | null;
}

/** The canary's difference from the current release in one figure; null where nothing can be said. */
export interface CanaryDifference {
  readonly current: number | null;
  readonly canary: number | null;
  readonly difference: number | null;
  /** Holds for one look that was decided on beforehand: the last one. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Holds at every look at once. */
  readonly anyLook: { readonly low: number; readonly high: number } | null;
}

/** What is known of a canary: the content of its file beside the releases. */
export interface CanaryReport {
  readonly formatVersion: 1;
  readonly version: ReleaseVersion;
  /** The release that it is compared with. */
  readonly current: ReleaseVersion;
  readonly sinceMs: number;
  readonly lookedAtMs: number;
  readonly state: CanaryState;
  /** A sentence for people. */
  readonly reason: string;
  readonly settings: CanaryDescription;
  readonly groups: { readonly current: CanaryGroup; readonly canary: CanaryGroup };
  /** Whether the groups are as large as the share says; an unsound split decides nothing. */
  readonly sampleRatio: { readonly pValue: number; readonly sound: boolean };
  /** What a user did since the first slate, by the objectives' weights. */
  readonly value: CanaryDifference;
  /** Share of slates that went without a component. */
  readonly degradedShare: CanaryDifference;
}
