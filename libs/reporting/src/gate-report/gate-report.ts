import type { ExposureStep, MeanWithInterval, PopularityCurvePoint } from '@winnow/evaluation';

/** Whose recommendations are compared. */
export type GateRecommenderName = 'candidate' | 'serving' | 'popular' | 'trending';

/** What one recommender did for the held-out users. */
export interface GateRecommender {
  readonly ndcg: MeanWithInterval;
  readonly recall: MeanWithInterval;
  /** Share of the catalogue that somebody is shown. */
  readonly coverage: number;
  /** Of exposure over the catalogue: 0 is even. */
  readonly gini: number;
  readonly popularityCurve: readonly PopularityCurvePoint[];
  readonly exposureSteps: readonly ExposureStep[];
}

/** NDCG and recall, means over users. */
export interface RankingFigures {
  readonly ndcg: number;
  readonly recall: number;
}

/** Candidate minus another recommender, paired by user. */
export interface GateDifference {
  readonly against: Exclude<GateRecommenderName, 'candidate'>;
  /**
   * `catalogue`: by what each found in the whole catalogue. `shown`: by the order of what users were shown, some of it taken
   * and some left. Users can only take what is shown, and the serving release chose that: judged by the whole catalogue, it
   * would win whatever the other knows.
   */
  readonly basis: 'catalogue' | 'shown';
  readonly candidate: RankingFigures;
  readonly other: RankingFigures;
  readonly ndcg: MeanWithInterval;
  readonly recall: MeanWithInterval;
}

export interface HeadFigures {
  /** Mean over users who took something and left something of what was scored. */
  readonly auc: number;
  /** Mean over users, in nats. */
  readonly logLoss: number;
  readonly calibrationError: number;
}

/** How well one head tells odds, on items that both releases' heavy rankers scored. */
export interface GateHead {
  readonly head: string;
  readonly predictionCount: number;
  readonly positiveCount: number;
  readonly candidate: HeadFigures;
  /** Null when nothing serves, or nothing that predicts the head. */
  readonly serving: HeadFigures | null;
  /** Candidate minus serving, paired by user. */
  readonly difference: { readonly auc: MeanWithInterval; readonly logLoss: MeanWithInterval } | null;
}

/** Users, or what users turned to, of one kind. */
export interface GateSlice {
  /** What the slices are told apart by. */
  readonly by: string;
  readonly name: string;
  readonly userCount: number;
  readonly candidateNdcg: number;
  readonly servingNdcg: number | null;
  /** Candidate minus serving, paired by user; its confidence makes up for the number of slices. */
  readonly difference: MeanWithInterval | null;
}

export const GATE_PROBES = ['single-taste', 'halves', 'forgotten', 'irrelevant'] as const;
export type GateProbeName = (typeof GATE_PROBES)[number];

/** What the candidate did with made-up users. */
export interface GateProbe {
  readonly probe: GateProbeName;
  /** Null when there was nothing to make users from. */
  readonly measured: number | null;
  readonly userCount: number;
  /** Of what, or why not. */
  readonly note: string;
}

/** Everything the gate's checks decide by. */
export interface GateEvidence {
  readonly k: number;
  readonly userCount: number;
  /** The newest slice of time, which no network has seen. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly servingRelease: string | null;
  readonly indexRecall: number;
  readonly recommenders: {
    readonly candidate: GateRecommender;
    readonly serving: GateRecommender | null;
    readonly popular: GateRecommender;
    readonly trending: GateRecommender;
  };
  readonly differences: readonly GateDifference[];
  readonly heads: readonly GateHead[];
  /** Share of the heavy ranker's best that the light ranker keeps. */
  readonly agreement: { readonly candidate: number | null; readonly serving: number | null };
  readonly slices: readonly GateSlice[];
  readonly probes: readonly GateProbe[];
}

/** What a check is about, in the order of the report. */
export const GATE_TOPICS = [
  'index',
  'baselines',
  'serving release',
  'predictions',
  'catalogue',
  'agreement',
  'slices',
  'behaviour',
] as const;
export type GateTopic = (typeof GATE_TOPICS)[number];

/** One condition of the gate. */
export interface GateCheck {
  readonly topic: GateTopic;
  readonly name: string;
  /** Null when it is off or could not be measured. */
  readonly measured: number | null;
  /** Of a difference: what is certain of it. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  readonly required: number | null;
  readonly bound: 'above' | 'at-least' | 'at-most';
  readonly outcome: 'passed' | 'failed' | 'unmeasured' | 'off';
  /** The refusal when it failed, the reason when it was not measured; else empty. */
  readonly says: string;
}

export interface GateVerdict {
  readonly promoted: boolean;
  readonly reason: string;
  readonly checks: readonly GateCheck[];
}

/** What is kept with a release of why it was promoted or refused. */
export interface GateReport {
  readonly formatVersion: 1;
  readonly version: string;
  readonly namespace: string;
  readonly createdAtMs: number;
  readonly verdict: GateVerdict;
  readonly evidence: GateEvidence;
}
