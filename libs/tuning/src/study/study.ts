import type { HalvingSettings } from '../halving/successive-halving';
import type { SamplerName } from '../samplers/sampler';
import type { SearchParameter, TrialSettings } from '../search-space';

/** What is measured, and which parameters are looked at unless winnow.yaml says otherwise. */
export const TUNING_STAGES = ['two-tower', 'rankers', 'funnel'] as const;
/** `two-tower`: retrieval alone; `rankers`: the whole funnel over the same towers; `funnel`: all of it. */
export type TuningStage = (typeof TUNING_STAGES)[number];

/** Everything that the proposals of a study follow from, besides its results. */
export interface StudySettings {
  readonly formatVersion: 1;
  /** A data set by name; null: the event log of this home. */
  readonly data: string | null;
  /** Events before this moment only: all trials learn from the same, while the log goes on. Null for a data set. */
  readonly untilMs: number | null;
  readonly stage: TuningStage;
  readonly seed: number;
  readonly sampler: SamplerName;
  /** Evaluations side by side: a proposal learns from all trials but the newest `parallel - 1`. */
  readonly parallel: number;
  readonly halving: HalvingSettings;
  readonly space: readonly SearchParameter[];
  /** What winnow.yaml says now: trial 0. */
  readonly defaults: TrialSettings;
  /** Seeds with which the best and the defaults are trained again in the end. */
  readonly confirmSeeds: number;
}

/** One training to be made and measured. */
export interface EvaluationRequest {
  readonly trial: number;
  readonly rung: number;
  /** 0; from 1 on: the same again with another seed. */
  readonly repeat: number;
  /** Of the full budget. */
  readonly share: number;
  readonly seed: number;
  readonly settings: TrialSettings;
}

/** What an evaluation found: one line of a study's log. */
export interface EvaluationRecord extends EvaluationRequest {
  /** NDCG@20 on the validation window; null when it failed. */
  readonly objective: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  /** Why it failed. */
  readonly reason?: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** Tells the evaluations of a study apart. */
export const evaluationKey = ({
  trial,
  rung,
  repeat,
}: Pick<EvaluationRequest, 'trial' | 'rung' | 'repeat'>): string => `${trial}.${rung}.${repeat}`;
