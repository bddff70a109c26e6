export type { LoadedRankingModel, RankerKind } from './ranker-kind';
export type { FeaturesOf } from './ranker-release';
export { rankerSettings } from './ranker-settings';
export { startModelService } from './start-model-service';
export type { ModelServiceOptions, ModelServiceParts, RunningModelService } from './start-model-service';
export { startRanker } from './start-ranker';
export type { RankerOptions } from './start-ranker';
