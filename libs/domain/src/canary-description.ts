import type { IntervalValue } from './gate-description';

/** How a release that has passed the gate proves itself on a share of the users before it serves all of them. */
export interface CanaryDescription {
  /** Share of the users who are served it, in (0, 0.5]. */
  readonly share: number;
  /** Not promoted before the canary has served for so long, however good it looks. */
  readonly hoursMin: number;
  /** By then it is promoted or dropped. */
  readonly hoursMax: number;
  /** With fewer users of the canary nothing is concluded. */
  readonly userCountMin: number;
  /** How much less value per user than under the current release, relative, is still as good. */
  readonly valueDropMax: number;
  /** Which value of the interval has to reach `valueDropMax` at `hoursMax`. */
  readonly decideBy: IntervalValue;
  /** Of every interval, in (0, 1). */
  readonly confidence: number;
  /** By how much the share of degraded slates may rise. */
  readonly degradedShareRiseMax: number;
  /** Share of the other users' requests that the canary answers as well, unseen, to be compared by metrics; in [0, 1]. */
  readonly shadowShare: number;
  /** Days before a user's first slate that make the comparison surer (CUPED); 0: none. */
  readonly covariateDays: number;
}

/** What `canary: {}` means. */
export const DEFAULT_CANARY: CanaryDescription = {
  share: 0.1,
  hoursMin: 6,
  hoursMax: 20,
  userCountMin: 100,
  valueDropMax: 0.05,
  decideBy: 'mean',
  confidence: 0.95,
  degradedShareRiseMax: 0.01,
  shadowShare: 0,
  covariateDays: 7,
};
