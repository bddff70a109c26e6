import type { Result, StageError } from '../result';

/** What a kill switch can turn off while everything runs. */
export const SWITCH_KINDS = ['experiment', 'component'] as const;
export type SwitchKind = (typeof SWITCH_KINDS)[number];

/** A kill switch that has been thrown. */
export interface ThrownSwitch {
  readonly kind: SwitchKind;
  /** Of the experiment, or of the component as `degraded` and metrics call it. */
  readonly name: string;
  readonly sinceMs: number;
  /** What whoever threw it had to say. */
  readonly reason: string;
}

/** Read by every orchestrator, about once a second. */
export interface SwitchReader {
  /** All that are off now. */
  thrown(): Promise<Result<readonly ThrownSwitch[], StageError>>;
}

/** Takes effect within about a second, in every orchestrator, and stays until it is taken back. */
export interface SwitchWriter {
  throwSwitch(thrown: ThrownSwitch): Promise<void>;
  /** Whether it had been off. */
  takeBack(kind: SwitchKind, name: string): Promise<boolean>;
}
