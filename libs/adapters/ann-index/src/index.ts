export {
  annIndexError,
  AnnIndexFailure,
  type AnnIndexError,
  type AnnIndexErrorKind,
} from './ann-index-error';
export { buildIndex, type BuildIndexOptions, type BuildProgress, type BuiltIndex } from './build-index';
export { recallAt } from './calibration';
export { ExactIndex, openExactIndex, searchVectorsFile } from './exact-index';
export { HnswIndex, openHnswIndex, type OpenHnswIndexOptions } from './hnsw-index';
export { loadHnswLibrary, type HnswLibrary } from './hnsw-library';
export { verifyIndexFile } from './index-file';
export { readSidecar, type IndexSidecar } from './index-sidecar';
export { perShardK, shardFile, shardOf } from './shard-layout';
export { writeVectorsFile } from './vectors-file';
