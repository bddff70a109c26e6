export { runAllSteps, runIdOf, runStep } from './run-steps';
export { RUN_FILES } from './steps/step-context';
export type { DatasetReport, StepContext } from './steps/step-context';
export type { BuildIndex, ExactIndexOf, IndexBuildOptions, RunFolder } from './ports';
export { firstPositives } from './frame';
export type { RunFrame } from './frame';
export { FunnelLoss } from './funnel-loss';
export type { FunnelLossReport, LossExample, LossRow } from './funnel-loss';
export { holdoutCases, holdoutIndexOf } from './holdout';
export { buildItemRelations } from './item-relations';
export { offlineFunnel, OFFLINE_RELEASE, rankUsers, replayedUsers } from './offline-funnel';
export { readItems, readUserAttributes, readWindow } from './read-log';
export { releaseModels } from './release-models';
export { firstIndexAt, frameFromTensors, frameToTensors, frameUpTo } from './frame';
export { evaluateGlobalTime } from './protocols/global-time';
export { evaluateColdStart } from './protocols/cold-start';
export type { ColdStartReport } from './protocols/cold-start';
export type { GlobalTimeOptions, ProtocolReport, ProtocolRow } from './protocols/global-time';
export { comparisonExamples } from './ranker-comparison/comparison-examples';
export type { ComparisonExamples, ComparisonOptions } from './ranker-comparison/comparison-examples';
export { compareRanker, REQUEST_CANDIDATES, simpleRankers } from './ranker-comparison/compare-rankers';
export { compareLightRanker, LIGHT_REQUEST_CANDIDATES } from './ranker-comparison/compare-light';
export type { LightRankerFigures } from './ranker-comparison/compare-light';
export type { RankerFigures } from './ranker-comparison/compare-rankers';
export { globalTimeTask } from './protocols/tasks/global-time-task';
export type { AttributeSlices } from './protocols/tasks/global-time-task';
export { leaveOneOutTask } from './protocols/tasks/leave-one-out-task';
export { publishedSplitTask } from './protocols/tasks/published-split-task';
export { userRatioTask } from './protocols/tasks/user-ratio-task';
export { attributeSlices } from './protocols/attribute-slices';
export type { AttributeSliceSources } from './protocols/attribute-slices';
export { compareRankings } from './protocols/compare-rankings';
export type { CompareOptions } from './protocols/compare-rankings';
export { compareRatings } from './protocols/compare-ratings';
export type { CostMeters } from './protocols/measuring';
export type {
  ChosenRankingModel,
  LearningWindow,
  ListAnswer,
  ModelContext,
  RankingModel,
  RankingQuery,
  ScoreAnswer,
  TrainedRankingModel,
  ValidationWindow,
} from './protocols/ranking-model';
export type { RankingTask } from './protocols/ranking-task';
export type {
  RatingAnswers,
  RatingFold,
  RatingModel,
  RatingQueries,
  RatingTask,
  TrainedRatingModel,
} from './protocols/rating-model';
export { countedModels } from './protocols/models/counted-models';
export { networkModels } from './protocols/models/network-models';
export type { NetworkModelSources } from './protocols/models/network-models';
export { ratingModels } from './protocols/models/rating-models';
export { sequenceModels } from './protocols/models/sequence-models';
export { vectorAnswer } from './protocols/models/vector-answer';
export type { VectorAnswerOptions } from './protocols/models/vector-answer';
export { measureTrial } from './tuning/measure-trial';
export type { TrialFigures, TrialOptions } from './tuning/measure-trial';
export { DRIFT_REFERENCE_FILE, measureDrift } from './drift/measure-drift';
export type { MeasureDriftOptions } from './drift/measure-drift';
