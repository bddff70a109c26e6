import { open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { invariant, reasonOf, type VectorHits } from '@winnow/domain';
import { annIndexError, AnnIndexFailure } from './ann-index-error';
import type { BuilderReply, BuilderRequest } from './build-protocol';
import { scanRows } from './exact-index';
import { loadHnswLibrary } from './hnsw-library';
import { HnswShard } from './hnsw-shard';
import { verifyIndexFile } from './index-file';
import { shardOf } from './shard-layout';
import { TopK } from './top-k';
import { rowVerdict } from './vector-check';
import { VectorsFile } from './vectors-file';

/** Rows inserted between two looks at the event loop, where the parent's end is noticed. */
const ROWS_PER_TURN = 128;

type BuildRequest = Extract<BuilderRequest, { kind: 'build' }>;

interface OwnRows {
  /** `[ordinals.length, dimension]` */
  readonly rows: Float32Array;
  readonly ordinals: Uint32Array;
  /** Rows of the file that are behind us, other shards' included. */
  readonly rowCountSeen: number;
}

/** Builds one shard from the vectors file, then answers the questions of calibration from memory. */
export class ShardBuilder {
  private graph: HnswShard | null = null;
  private request: BuildRequest | null = null;

  async answer(
    request: BuilderRequest,
    onProgress: (rowCount: number) => void,
  ): Promise<Exclude<BuilderReply, { kind: 'progress' }>> {
    try {
      switch (request.kind) {
        case 'build':
          return { kind: 'built', ...(await this.build(request, onProgress)) };
        case 'scan':
          return { kind: 'hits', hits: await this.scan(request.queries, request.k) };
        case 'search':
          return { kind: 'hits', hits: this.search(request) };
      }
    } catch (thrown) {
      const error =
        thrown instanceof AnnIndexFailure ? thrown.error : annIndexError('crashed', reasonOf(thrown));
      return { kind: 'failed', error };
    }
  }

  /** Two passes over the file: the first refuses bad vectors and counts, so that memory is asked for once. */
  private async build(
    request: BuildRequest,
    onProgress: (rowCount: number) => void,
  ): Promise<{ count: number; bytes: number }> {
    const library = loadHnswLibrary();
    if (!library.ok) throw new AnnIndexFailure(library.error);
    this.request = request;
    let countMax = 0;
    for await (const { ordinals } of this.ownRows()) countMax += ordinals.length;
    const graph = HnswShard.create(library.value, { ...request, countMax });
    for await (const { rows, ordinals, rowCountSeen } of this.ownRows()) {
      for (let row = 0; row < ordinals.length; row += 1) {
        graph.append(ordinals[row], rows.subarray(row * request.dimension, (row + 1) * request.dimension));
        if (row % ROWS_PER_TURN === 0) await setImmediate();
      }
      onProgress(rowCountSeen);
    }
    this.graph = graph;
    return { count: countMax, bytes: await save(graph, request) };
  }

  private async scan(queries: Float32Array, k: number): Promise<VectorHits[]> {
    const { dimension } = this.started();
    const tops = Array.from({ length: queries.length / dimension }, () => new TopK(k));
    for await (const { rows, ordinals } of this.ownRows())
      scanRows({ rows, ordinals, dimension, queries, tops });
    return tops.map((top) => top.drain());
  }

  private search(request: Extract<BuilderRequest, { kind: 'search' }>): VectorHits[] {
    const { dimension } = this.started();
    invariant(this.graph, 'the shard is built before it is searched');
    this.graph.setEfSearch(request.efSearch);
    const hits: VectorHits[] = [];
    for (let at = 0; at < request.queries.length; at += dimension)
      hits.push(this.graph.search(request.queries.subarray(at, at + dimension), request.k));
    return hits;
  }

  private started(): BuildRequest {
    invariant(this.request, 'build comes first');
    return this.request;
  }

  /** This shard's vectors, packed, block by block. */
  private async *ownRows(): AsyncGenerator<OwnRows> {
    const { vectorsFile, dimension, shard, shards } = this.started();
    const file = await VectorsFile.open(vectorsFile, dimension);
    try {
      for await (const { vectors, firstRow, rowCount } of file.blocks()) {
        const ordinals: number[] = [];
        for (let row = 0; row < rowCount; row += 1) {
          const ordinal = firstRow + row;
          if (shardOf(ordinal, shards) !== shard) continue;
          const verdict = rowVerdict(vectors, row, dimension);
          if (verdict === 'zero') continue;
          if (verdict !== 'ok')
            throw new AnnIndexFailure(
              annIndexError('vectors-refused', `vector of ordinal ${ordinal} is ${verdict}`),
            );
          vectors.copyWithin(ordinals.length * dimension, row * dimension, (row + 1) * dimension);
          ordinals.push(ordinal);
        }
        yield { rows: vectors, ordinals: Uint32Array.from(ordinals), rowCountSeen: firstRow + rowCount };
      }
    } finally {
      await file.close();
    }
  }
}

/** The library reports success on a full disk, so the file is flushed and read back. Returns its size in bytes. */
async function save(graph: HnswShard, request: BuildRequest): Promise<number> {
  graph.save(request.file);
  try {
    const handle = await open(request.file, 'r+');
    await handle.sync().finally(() => handle.close());
  } catch (thrown) {
    throw new AnnIndexFailure(annIndexError('disk', `${request.file}: ${reasonOf(thrown)}`));
  }
  const verified = await verifyIndexFile(request.file, {
    dimension: request.dimension,
    count: graph.count,
  });
  if (!verified.ok)
    throw new AnnIndexFailure(annIndexError('disk', `index was not saved whole: ${verified.error.reason}`));
  return verified.value.bytes;
}
