import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import {
  err,
  invariant,
  ok,
  reasonOf,
  seededRandom,
  systemClock,
  type Clock,
  type Result,
  type VectorHits,
} from '@winnow/domain';
import { annIndexError, AnnIndexFailure, type AnnIndexError } from './ann-index-error';
import { BuilderProcess } from './builder-process';
import { efLadder, recallAt, sampleQueries } from './calibration';
import { mergeHits } from './hnsw-index';
import { writeSidecar } from './index-sidecar';
import { perShardK, shardFile, sidecarFile } from './shard-layout';
import { VectorsFile, writeVectorsFile } from './vectors-file';

const K_DEFAULT = 500;
const QUERY_COUNT = 100;
const SEED_DEFAULT = 20_160_330;

export interface BuildProgress {
  readonly phase: 'insert' | 'calibrate';
  readonly doneCount: number;
  readonly totalCount: number;
  readonly perSecond: number;
  readonly remainingMs: number;
}

export interface BuildIndexOptions {
  /** L2-normalised rows `[ordinalLimit, dimension]`; zero rows are absent ordinals. A file is never read whole. */
  readonly source: { readonly vectorsFile: string } | { readonly vectors: Float32Array };
  readonly dimension: number;
  readonly shards: number;
  /** Links per vector and layer; twice as many in the bottom layer. */
  readonly m: number;
  /** Beam width while inserting. */
  readonly efConstruction: number;
  /** Recall at `k`, against a scan of all vectors, that the index must reach. */
  readonly recallMin: number;
  /** 500 when left out. */
  readonly k?: number;
  /** Receives `index.json` and `shard-<i>.hnsw`; made when missing. */
  readonly outputFolder: string;
  readonly seed?: number;
  /** Query tower outputs `[n, dimension]` to calibrate on; stored vectors with noise when left out. */
  readonly queries?: Float32Array;
  readonly onProgress?: (progress: BuildProgress) => void;
  /** Aborting kills the builders and removes what they wrote. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export interface BuiltIndex {
  readonly count: number;
  readonly shards: number;
  readonly bytes: number;
  /** The narrowest beam per shard that reaches `recallMin`. */
  readonly efSearch: number;
  /** Asked of each shard for `k` in all. */
  readonly perShardK: number;
  /** Measured at `k` on the calibration queries. */
  readonly recallAt500: number;
  /** Recall at every beam width tried, narrowest first. */
  readonly calibration: readonly { readonly efSearch: number; readonly recall: number }[];
  readonly buildMs: number;
  readonly calibrateMs: number;
}

/**
 * Builds the shards side by side in child processes, one core each, then finds the narrowest beam that reaches
 * `recallMin`. The same seed and vectors give the same files. O(count · log count) inner products of `dimension`.
 */
export async function buildIndex(options: BuildIndexOptions): Promise<Result<BuiltIndex, AnnIndexError>> {
  const build = new IndexBuild(options);
  const abort = (): void => void build.stopBuilders();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    return ok(await build.run());
  } catch (thrown) {
    await build.stopBuilders();
    await build.removeOutput();
    if (options.signal?.aborted) return err(annIndexError('aborted', 'the build was aborted'));
    if (thrown instanceof AnnIndexFailure) return err(thrown.error);
    if (isSystemError(thrown)) return err(annIndexError('disk', reasonOf(thrown)));
    throw thrown;
  } finally {
    options.signal?.removeEventListener('abort', abort);
    await build.stopBuilders();
    await build.removeTemporary();
  }
}

const isSystemError = (thrown: unknown): boolean => thrown instanceof Error && 'syscall' in thrown;

class IndexBuild {
  private readonly builders: BuilderProcess[] = [];
  private readonly clock: Clock;
  private readonly k: number;
  private readonly temporaryFile: string;

  constructor(private readonly options: BuildIndexOptions) {
    invariant(options.shards >= 1 && Number.isInteger(options.shards), 'at least one shard');
    this.clock = options.clock ?? systemClock;
    this.k = options.k ?? K_DEFAULT;
    this.temporaryFile = join(options.outputFolder, `vectors-${process.pid}.tmp`);
  }

  async run(): Promise<BuiltIndex> {
    const { options, clock } = this;
    await mkdir(options.outputFolder, { recursive: true });
    const vectorsFile = await this.vectorsFile();
    const startedAtMs = clock.monotonicMs();
    const built = await this.buildShards(vectorsFile);
    const builtAtMs = clock.monotonicMs();
    const calibration = await this.calibrate(await this.queries(vectorsFile));
    const best = calibration[calibration.length - 1];
    if (best.recall < options.recallMin)
      throw new AnnIndexFailure(
        annIndexError(
          'recall-not-reached',
          `recall@${this.k} is ${best.recall.toFixed(4)} at ef ${best.efSearch}, wanted ${options.recallMin}`,
        ),
      );
    const counts = built.map(({ count }) => count);
    await writeSidecar(options.outputFolder, {
      formatVersion: 1,
      dimension: options.dimension,
      shards: options.shards,
      m: options.m,
      efConstruction: options.efConstruction,
      efSearch: best.efSearch,
      recallAt500: best.recall,
      counts,
    });
    return {
      count: counts.reduce((sum, count) => sum + count, 0),
      shards: options.shards,
      bytes: built.reduce((sum, { bytes }) => sum + bytes, 0),
      efSearch: best.efSearch,
      perShardK: perShardK(this.k, options.shards),
      recallAt500: best.recall,
      calibration,
      buildMs: builtAtMs - startedAtMs,
      calibrateMs: clock.monotonicMs() - builtAtMs,
    };
  }

  async stopBuilders(): Promise<void> {
    await Promise.all(this.builders.map((builder) => builder.stop()));
  }

  async removeTemporary(): Promise<void> {
    await rm(this.temporaryFile, { force: true });
  }

  async removeOutput(): Promise<void> {
    const { outputFolder, shards } = this.options;
    const files = Array.from({ length: shards }, (_, shard) => shardFile(outputFolder, shard));
    await Promise.all([...files, sidecarFile(outputFolder)].map((file) => rm(file, { force: true })));
  }

  private async vectorsFile(): Promise<string> {
    const { source, dimension } = this.options;
    if ('vectorsFile' in source) return source.vectorsFile;
    await writeVectorsFile(this.temporaryFile, source.vectors, dimension);
    return this.temporaryFile;
  }

  private async queries(vectorsFile: string): Promise<Float32Array> {
    const { queries, dimension, seed = SEED_DEFAULT } = this.options;
    if (queries) return queries;
    const file = await VectorsFile.open(vectorsFile, dimension);
    return sampleQueries(file, QUERY_COUNT, seededRandom(seed)).finally(() => file.close());
  }

  /** As many at a time as there are cores; finished builders stay, with their graph, for calibration. */
  private async buildShards(vectorsFile: string): Promise<{ count: number; bytes: number }[]> {
    const { shards, outputFolder, seed = SEED_DEFAULT } = this.options;
    const report = await this.progressReporter(vectorsFile);
    const built: { count: number; bytes: number }[] = [];
    let nextShard = 0;
    const work = async (): Promise<void> => {
      while (nextShard < shards) {
        const shard = nextShard;
        nextShard += 1;
        this.options.signal?.throwIfAborted();
        const builder = BuilderProcess.start();
        this.builders[shard] = builder;
        const { dimension, m, efConstruction } = this.options;
        const file = shardFile(outputFolder, shard);
        const reply = await builder.ask(
          {
            kind: 'build',
            vectorsFile,
            file,
            dimension,
            shard,
            shards,
            m,
            efConstruction,
            seed: seed + shard,
          },
          (rowCount) => report(shard, rowCount),
        );
        invariant(reply.kind === 'built', 'a build is answered by built');
        built[shard] = reply;
      }
    };
    await Promise.all(Array.from({ length: Math.min(shards, availableParallelism()) }, work));
    return built;
  }

  private async progressReporter(vectorsFile: string): Promise<(shard: number, rowCount: number) => void> {
    const { shards, dimension, onProgress } = this.options;
    const file = await VectorsFile.open(vectorsFile, dimension);
    const totalCount = file.rowCount;
    await file.close();
    const rowsSeen = new Float64Array(shards);
    const startedAtMs = this.clock.monotonicMs();
    return (shard, rowCount) => {
      rowsSeen[shard] = rowCount;
      const doneCount = Math.round(rowsSeen.reduce((sum, rows) => sum + rows, 0) / shards);
      const perSecond = (1000 * doneCount) / Math.max(1, this.clock.monotonicMs() - startedAtMs);
      const remainingMs = (1000 * (totalCount - doneCount)) / perSecond;
      onProgress?.({ phase: 'insert', doneCount, totalCount, perSecond, remainingMs });
    };
  }

  /** Widens the beam until recall is reached; the last entry is the answer, reached or not. */
  private async calibrate(queries: Float32Array): Promise<{ efSearch: number; recall: number }[]> {
    const { shards, recallMin, onProgress } = this.options;
    const { k } = this;
    const truth = await this.askAll({ kind: 'scan', queries, k }, k);
    const ladder = efLadder(k, shards);
    const steps: { efSearch: number; recall: number }[] = [];
    const startedAtMs = this.clock.monotonicMs();
    for (const efSearch of ladder) {
      this.options.signal?.throwIfAborted();
      const found = await this.askAll({ kind: 'search', queries, k: perShardK(k, shards), efSearch }, k);
      const recall = recallAt(k, truth, found);
      steps.push({ efSearch, recall });
      const perSecond = (1000 * steps.length) / Math.max(1, this.clock.monotonicMs() - startedAtMs);
      const isDone = recall >= recallMin;
      const leftCount = isDone ? 0 : ladder.length - steps.length;
      onProgress?.({
        phase: 'calibrate',
        doneCount: steps.length,
        totalCount: steps.length + leftCount,
        perSecond,
        remainingMs: (1000 * leftCount) / perSecond,
      });
      if (isDone) break;
    }
    return steps;
  }

  /** The same question to every shard; the best `k` of all, per query. */
  private async askAll(request: Parameters<BuilderProcess['ask']>[0], k: number): Promise<VectorHits[]> {
    const replies = await Promise.all(this.builders.map((builder) => builder.ask(request)));
    const lists = replies.map((reply) => {
      invariant(reply.kind === 'hits', 'a search is answered by hits');
      return reply.hits;
    });
    return lists[0].map((_, query) =>
      mergeHits(
        lists.map((hits) => hits[query]),
        k,
      ),
    );
  }
}
