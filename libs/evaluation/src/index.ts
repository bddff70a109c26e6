export {
  hitCount,
  hitRateAtK,
  ndcgAtK,
  precisionAtK,
  recallAtK,
  reciprocalRankAtK,
  type Ranking,
} from './metrics/ranking-metrics';
export {
  areaUnderRoc,
  calibrationCurve,
  calibrationError,
  logLoss,
  type CalibrationBin,
  type Predictions,
} from './metrics/prediction-metrics';
export {
  coverageAtK,
  exposureCounts,
  exposureSteps,
  giniAtK,
  intraListDiversityAtK,
  noveltyAtK,
  popularityCurve,
  type ExposureStep,
  type PopularityCurvePoint,
} from './metrics/catalogue-metrics';
export {
  itemGroupMetrics,
  parityRatio,
  userGroupMetrics,
  type Grouping,
  type ItemGroupMetrics,
  type UserGroupMetrics,
} from './metrics/group-metrics';
export { CoOccurrenceSimilarity } from './metrics/co-occurrence-similarity';
export { rankingAuc, type RankingAucOptions } from './metrics/ranking-auc';
export { meanAbsoluteError, rootMeanSquaredError, type RatingPredictions } from './metrics/rating-metrics';
export {
  meanOf,
  meanOfRepetitions,
  meanWithInterval,
  pairedDifference,
  type BootstrapOptions,
  type MeanWithInterval,
} from './metrics/confidence';
export {
  evaluateRankings,
  RANKING_METRIC_NAMES,
  type EvaluateRankingsOptions,
  type RankingMetricName,
  type RankingReport,
} from './evaluate-rankings';
export type { RatingColumns } from './rating-columns';
export { rankVocabulary, type RankVocabularyOptions } from './rank-vocabulary';
export { firstOfEachPair, type EvaluationCase, type InteractionLog } from './splits/interaction-log';
export {
  globalTimeSplit,
  type EvaluationWindow,
  type GlobalTimeSplit,
  type GlobalTimeSplitOptions,
} from './splits/global-time-split';
export { leaveOneOutSplit, type LeaveOneOutSplit } from './splits/leave-one-out-split';
export { userRatioSplit, type UserRatioSplit, type UserRatioSplitOptions } from './splits/user-ratio-split';
export {
  findMetric,
  METRIC_DIRECTIONS,
  METRIC_TITLES,
  plainValue,
  type MetricName,
  type MetricValue,
} from './comparison/metric-value';
export {
  measureRankings,
  popularityCurveOf,
  type MeasureRankingsOptions,
  type PastOfItems,
} from './comparison/measure-rankings';
export { activitySlice, popularitySlice, type Slice } from './comparison/slices';
export { summariseRuns } from './comparison/summarise-runs';
export {
  PROTOCOL_NAMES,
  type ComparisonPart,
  type ComparisonReport,
  type ItemSliceReport,
  type LearningCurve,
  type ModelReport,
  type ModelRun,
  type ModelSettings,
  type ProtocolName,
  type RunCost,
  type SkippedModel,
  type UserSliceReport,
} from './comparison/comparison-report';
export { policyProbabilities, scaledScores, type EvaluationPolicy } from './off-policy/evaluation-policy';
export { LoggedDecisionsBuilder, type LoggedDecisions } from './off-policy/logged-decisions';
export {
  offPolicyReport,
  type OffPolicyEstimate,
  type OffPolicyOptions,
  type OffPolicyReport,
} from './off-policy/off-policy-value';
export { crossFittedRewards } from './off-policy/reward-model';
export {
  categoryDistribution,
  numberDistribution,
  type CategoryDistribution,
  type Distribution,
  type NumberDistribution,
} from './drift/distribution';
export {
  DRIFT_LEVELS,
  DRIFT_THRESHOLDS,
  driftOf,
  type DriftFigures,
  type DriftLevel,
  type Observation,
} from './drift/drift';
