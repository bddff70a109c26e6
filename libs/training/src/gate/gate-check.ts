import type { GateThreshold, IntervalValue, RetrainingDescription } from '@winnow/domain';
import type { MeanWithInterval } from '@winnow/evaluation';
import type { GateCheck, GateEvidence, GateTopic } from '@winnow/reporting';

/** What a check may know besides the evidence. */
export interface GateSettings {
  readonly retraining: RetrainingDescription;
  /** What the index was built to find. */
  readonly indexRecallMin: number;
}

/** One decision: what the evidence says of one thing. */
export type Check = (evidence: GateEvidence, settings: GateSettings) => readonly GateCheck[];

interface Named {
  readonly topic: GateTopic;
  readonly name: string;
}

interface Limited extends Named {
  readonly measured: number;
  readonly interval?: GateCheck['interval'];
  readonly required: number;
  readonly bound: GateCheck['bound'];
  /** Said when the limit is not kept. */
  readonly refusal: string;
}

const KEPT: Readonly<Record<GateCheck['bound'], (measured: number, required: number) => boolean>> = {
  above: (measured, required) => measured > required,
  'at-least': (measured, required) => measured >= required,
  'at-most': (measured, required) => measured <= required,
};

const NOTHING = { measured: null, interval: null, required: null, bound: 'at-least' } as const;

export const unmeasured = ({ topic, name }: Named, why: string): GateCheck => ({
  ...NOTHING,
  ...{ topic, name, outcome: 'unmeasured', says: why },
});

const switchedOff = ({ topic, name }: Named): GateCheck => ({
  ...NOTHING,
  ...{ topic, name, outcome: 'off', says: 'off in winnow.yaml' },
});

/** Compares a figure with its limit; one that is not a number was not measured. */
export function limitCheck({ refusal, interval = null, ...check }: Limited): GateCheck {
  const { measured, required, bound } = check;
  if (!Number.isFinite(measured)) return unmeasured(check, 'not a number');
  const kept = KEPT[bound](measured, required);
  return { ...check, interval, outcome: kept ? 'passed' : 'failed', says: kept ? '' : refusal };
}

/** The check, unless it is off. */
export const unlessOff = (
  named: Named,
  threshold: GateThreshold,
  check: (limit: number) => GateCheck,
): GateCheck => (threshold === 'off' ? switchedOff(named) : check(threshold));

/** The value of a difference that a limit is held against. */
export const decisive = (difference: MeanWithInterval, by: IntervalValue): number => difference[by];

export const NOTHING_SERVES = 'no release serves that it could be compared with';
/** Four places; a dash for what is not a number, as which JSON gives back null. */
export const figure = (value: number): string => (Number.isFinite(value) ? value.toFixed(4) : '–');
export const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
