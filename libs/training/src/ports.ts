import type { ReleaseManifest, TensorFile, VectorIndexReader } from '@winnow/domain';

/** The files of one training run: every step reads what earlier ones wrote, so a step can run in any process. */
export interface RunFolder {
  /** Absolute path of a file or folder of the run. */
  path(name: string): string;
  has(name: string): Promise<boolean>;
  readTensors(name: string): Promise<TensorFile>;
  writeTensors(name: string, file: TensorFile): Promise<void>;
  readJson<T>(name: string): Promise<T>;
  /** Atomic: a reader sees the whole file or none. */
  writeJson(name: string, value: unknown): Promise<void>;
  /** Atomic, as {@link writeJson} is. */
  writeText(name: string, text: string): Promise<void>;
  copyFrom(source: string, name: string): Promise<void>;
  /** Deletes everything of the run. */
  clear(): Promise<void>;
}

export interface IndexBuildOptions {
  /** A safetensors file with the tensor `vectors`, [ordinalLimit, dimension]; zero rows are skipped. */
  readonly vectorsPath: string;
  readonly dimension: number;
  readonly outputFolder: string;
  readonly shards: number;
  readonly m: number;
  readonly efConstruction: number;
  readonly recallMin: number;
  readonly signal?: AbortSignal;
  readonly onProgress: (fraction: number, note: string) => void;
}

/** Builds the nearest-neighbour index in processes of its own. */
export type BuildIndex = (options: IndexBuildOptions) => Promise<ReleaseManifest['index']>;

/** An exact index over [rows, dimension] vectors; zero rows are absent. */
export type ExactIndexOf = (vectors: Float32Array, dimension: number) => VectorIndexReader;
