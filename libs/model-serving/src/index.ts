export type { LoadedRankingModel, RankerKind } from './ranker-kind';
export type { FeaturesOf } from './ranker-release';
export { rankerSettings } from './ranker-settings';
export { startRanker } from './start-ranker';
export type { RankerOptions, RunningRanker } from './start-ranker';
