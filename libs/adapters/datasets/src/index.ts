export { Dataset, type DatasetProgress } from './dataset';
export { DatasetError, type DatasetErrorKind } from './dataset-error';
export {
  attributionOf,
  DATASET_NAMES,
  isDatasetName,
  type Attribution,
  type DatasetName,
} from './dataset-catalogue';
export {
  dataFolders,
  findDataset,
  openDataset,
  type FindOptions,
  type FoundDataset,
  type OpenOptions,
} from './find-dataset';
export { Quarantine } from './quarantine';
export type {
  BadRecord,
  DatasetRecord,
  DatasetSummary,
  EventRecord,
  GoodRecord,
  ItemRecord,
  UserRecord,
} from './records';
export { checkColumnMapping, parseColumnMapping, type ColumnMapping } from './column-mapping';
export {
  formatOfPath,
  openTable,
  TABLE_FORMATS,
  type TableFormat,
  type TableOpenOptions,
} from './open-table';
export {
  downloadDataset,
  type DownloadedDataset,
  type DownloadOptions,
  type DownloadProgress,
} from './download';
export {
  BENCHMARK_NAMES,
  BENCHMARKS,
  isBenchmarkName,
  type BenchmarkDefinition,
  type BenchmarkName,
} from './benchmarks/benchmark-catalogue';
export { findBenchmark } from './benchmarks/find-benchmark';
export { readPublishedSplit, readSequences, type PublishedSplit } from './benchmarks/sequences';
export { readRatingFolds, type RatingFolds } from './benchmarks/rating-folds';
