export {
  coordinateOf,
  pointOf,
  settingsAt,
  valueAt,
  type ChoiceParameter,
  type NumberParameter,
  type Point,
  type SearchParameter,
  type SettingValue,
  type TrialSettings,
} from './search-space';
export { SAMPLER_NAMES, type Sampler, type SamplerName } from './samplers/sampler';
export { randomSampler } from './samplers/random-sampler';
export { treeParzenSampler, type TreeParzenOptions } from './samplers/tree-parzen-sampler';
export {
  budgetShare,
  promotedTrials,
  type HalvingSettings,
  type RungResult,
} from './halving/successive-halving';
export {
  evaluationKey,
  TUNING_STAGES,
  type EvaluationRecord,
  type EvaluationRequest,
  type StudySettings,
  type TuningStage,
} from './study/study';
export { leaderboard, outcomeOf, type Standing, type StudyOutcome } from './study/leaderboard';
export { StudyPlan, type NextStep, type StudyProgress } from './study/study-plan';
export { EvaluationFailed } from './study/evaluation-queue';
export type {
  EvaluationAttempt,
  EvaluationHandler,
  EvaluationOutcome,
  EvaluationQueue,
  EvaluationWorker,
  OnEvaluationProgress,
} from './study/evaluation-queue';
