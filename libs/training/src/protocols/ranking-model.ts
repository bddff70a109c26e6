import type { EvaluationCase, InteractionLog, LearningCurve, ModelSettings } from '@winnow/evaluation';

/** What a model may learn from; an `EvaluationWindow` is one. */
export interface LearningWindow {
  /** Everything before the moment that is asked about, oldest first. */
  readonly past: InteractionLog;
  /** The part of the past that the models of published tables learn from: users and items of the protocol only. */
  readonly matrix: InteractionLog;
  /** Ordinals to rank, ascending. */
  readonly vocabulary: Uint32Array;
  /** The moment that is asked about. */
  readonly startMs: number;
}

/** A window whose answers may be looked at, to choose settings by. */
export interface ValidationWindow extends LearningWindow {
  readonly cases: readonly EvaluationCase[];
  /** Settings are chosen by NDCG at this length. */
  readonly k: number;
}

export interface ModelContext {
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** How far the model is, from 0 to 1, and a few words for people. */
  readonly onProgress?: (note: string, fraction: number) => void;
}

/** For whom to rank: never what they then turned to. */
export type RankingQuery = Pick<EvaluationCase, 'user' | 'history' | 'historyTimesMs'>;

/** Answers with scores, from which the protocol makes lists. */
export interface ScoreAnswer {
  readonly kind: 'scores';
  /** [queries, vocabulary], row-major; the next call may write into the same array. */
  score(queries: readonly RankingQuery[]): Promise<Float32Array | Float64Array>;
}

/** Answers with lists, as a funnel does that cuts before it scores. */
export interface ListAnswer {
  readonly kind: 'lists';
  /** The best `k` vocabulary ordinals of each query, best first, without its history. */
  list(queries: readonly RankingQuery[], k: number): Promise<readonly Uint32Array[]>;
}

export interface TrainedRankingModel {
  /** Examples that training went through, repeats counted. */
  readonly exampleCount: number;
  readonly learningCurves?: readonly LearningCurve[];
  readonly answer: ScoreAnswer | ListAnswer;
}

/** A model with its settings chosen. */
export interface ChosenRankingModel {
  readonly settings: ModelSettings;
  train(window: LearningWindow, context: ModelContext): Promise<TrainedRankingModel>;
}

/**
 * A model as the protocols see it. It first chooses its settings on the validation window, and is then trained, once a
 * seed, on what may be learned from; the test cases it sees only as queries.
 */
export interface RankingModel {
  readonly kind: 'ranking';
  /** As on the command line. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Every seed gives the same, so one run says all. */
  readonly deterministic: boolean;
  /** Runs on TF.js. */
  readonly needsBackend?: boolean;
  /** Why it cannot be trained on such a window; null when it can. */
  refusal?(window: LearningWindow): string | null;
  choose(window: ValidationWindow, context: ModelContext): Promise<ChosenRankingModel>;
}
