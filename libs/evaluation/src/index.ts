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
  giniAtK,
  intraListDiversityAtK,
  noveltyAtK,
  popularityCurve,
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
export { meanOf, meanWithInterval, type BootstrapOptions, type MeanWithInterval } from './metrics/confidence';
export {
  evaluateRankings,
  RANKING_METRIC_NAMES,
  type EvaluateRankingsOptions,
  type RankingMetricName,
  type RankingReport,
} from './evaluate-rankings';
export { rankVocabulary, type RankVocabularyOptions } from './rank-vocabulary';
export { firstOfEachPair, type EvaluationCase, type InteractionLog } from './splits/interaction-log';
export {
  globalTimeSplit,
  type EvaluationWindow,
  type GlobalTimeSplit,
  type GlobalTimeSplitOptions,
} from './splits/global-time-split';
export { leaveOneOutSplit, type LeaveOneOutSplit } from './splits/leave-one-out-split';
