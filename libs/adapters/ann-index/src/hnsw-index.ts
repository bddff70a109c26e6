import {
  err,
  ok,
  reasonOf,
  type Ordinal,
  type Result,
  type VectorHits,
  type VectorIndex,
} from '@winnow/domain';
import { annIndexError, type AnnIndexError } from './ann-index-error';
import { verifyIndexFile } from './index-file';
import { readSidecar, type IndexSidecar } from './index-sidecar';
import { ShardClient } from './shard-client';
import { perShardK, shardFile, shardOf } from './shard-layout';
import { requireK, requireQuery, requireStorable } from './vector-check';

/**
 * Hierarchical navigable small world graphs (Malkov and Yashunin, https://arxiv.org/abs/1603.09320) over inner
 * products of normalised vectors, one graph and one worker thread per shard. Searches and changes of one shard run in
 * the order in which they were asked for, so a search that starts after `upsert` resolved finds the new vector.
 * Vectors live in native memory only, about 500 bytes each at 64 numbers and m = 16.
 */
export class HnswIndex implements VectorIndex {
  readonly kind = 'hnsw';

  constructor(
    readonly dimension: number,
    private readonly shards: readonly ShardClient[],
  ) {}

  count(): number {
    return this.shards.reduce((sum, shard) => sum + shard.count, 0);
  }

  async search(query: Float32Array, k: number): Promise<VectorHits> {
    requireQuery(query, this.dimension);
    requireK(k);
    const share = perShardK(k, this.shards.length);
    // A shard with less than its share leaves a gap that the others must fill.
    const wanted = this.shards.some((shard) => shard.count < share) ? k : share;
    return mergeHits(await Promise.all(this.shards.map((shard) => shard.search(query, wanted))), k);
  }

  async vector(ordinal: Ordinal): Promise<Float32Array | null> {
    return this.shardOf(ordinal).vector(ordinal);
  }

  async upsert(ordinal: Ordinal, vector: Float32Array): Promise<void> {
    requireStorable(vector, this.dimension);
    await this.shardOf(ordinal).upsert(ordinal, vector);
  }

  async remove(ordinal: Ordinal): Promise<void> {
    await this.shardOf(ordinal).remove(ordinal);
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.close()));
  }

  private shardOf(ordinal: Ordinal): ShardClient {
    return this.shards[shardOf(ordinal, this.shards.length)];
  }
}

/** Merges lists that are each best first into the best `k`. O(lists · k). */
export function mergeHits(lists: readonly VectorHits[], k: number): VectorHits {
  const total = lists.reduce((sum, list) => sum + list.ordinals.length, 0);
  const count = Math.min(k, total);
  const ordinals = new Uint32Array(count);
  const scores = new Float32Array(count);
  const next = new Uint32Array(lists.length);
  for (let rank = 0; rank < count; rank += 1) {
    let best = -1;
    for (let list = 0; list < lists.length; list += 1) {
      if (next[list] >= lists[list].ordinals.length) continue;
      if (best < 0 || lists[list].scores[next[list]] > lists[best].scores[next[best]]) best = list;
    }
    ordinals[rank] = lists[best].ordinals[next[best]];
    scores[rank] = lists[best].scores[next[best]];
    next[best] += 1;
  }
  return { ordinals, scores };
}

export interface OpenHnswIndexOptions {
  /** Holds `index.json` and `shard-<i>.hnsw`; checksums were verified by the registry. */
  readonly folder: string;
  /** From the release's manifest; an index of another dimension is refused. */
  readonly dimension: number;
  /** Beam width per shard; the one found at build time when left out. */
  readonly efSearch?: number;
  /** From the release's manifest, when known; an index of another number of vectors is refused. */
  readonly count?: number;
  /** From the release's manifest, when known. */
  readonly shards?: number;
}

/** Checks every file, then loads each shard in a thread of its own. */
export async function openHnswIndex(
  options: OpenHnswIndexOptions,
): Promise<Result<HnswIndex, AnnIndexError>> {
  const sidecar = await readSidecar(options.folder);
  if (!sidecar.ok) return sidecar;
  const mismatch = mismatchOf(sidecar.value, options);
  if (mismatch) return err(annIndexError('damaged', `${options.folder}: ${mismatch}`));
  const { counts, dimension } = sidecar.value;
  for (const [shard, count] of counts.entries()) {
    const verified = await verifyIndexFile(shardFile(options.folder, shard), { dimension, count });
    if (!verified.ok) return verified;
  }
  const started = await Promise.all(
    counts.map((count, shard) =>
      ShardClient.start({
        file: shardFile(options.folder, shard),
        dimension,
        count,
        efSearch: options.efSearch ?? sidecar.value.efSearch,
      }).catch((thrown: unknown) => err(annIndexError('crashed', reasonOf(thrown)))),
    ),
  );
  const shards = started.flatMap((result) => (result.ok ? [result.value] : []));
  const failed = started.find((result) => !result.ok);
  if (failed && !failed.ok) {
    await Promise.all(shards.map((shard) => shard.close()));
    return failed;
  }
  return ok(new HnswIndex(dimension, shards));
}

function mismatchOf(sidecar: IndexSidecar, options: OpenHnswIndexOptions): string | null {
  const count = sidecar.counts.reduce((sum, each) => sum + each, 0);
  if (sidecar.dimension !== options.dimension)
    return `index has dimension ${sidecar.dimension}, the release ${options.dimension}`;
  if (options.shards !== undefined && sidecar.shards !== options.shards)
    return `index has ${sidecar.shards} shards, the release ${options.shards}`;
  if (options.count !== undefined && count !== options.count)
    return `index has ${count} vectors, the release ${options.count}`;
  return null;
}
