import { gaussian, type Random, type VectorHits } from '@winnow/domain';
import { perShardK } from './shard-layout';
import type { VectorsFile } from './vectors-file';

/** Each step costs about a fifth more time per search than the one before. */
const LADDER_STEP = 1.2;
/** Beyond this multiple of the answer's size a denser graph is cheaper than a wider beam. */
const LADDER_SPAN = 12;
/** Float32 sums differ in their last bits between the library's order of addition and ours. */
const SCORE_TOLERANCE = 2e-6;
/** Length of the noise added to a sampled vector: queries lie near items, not on them. */
const QUERY_NOISE = 0.3;
const TRIES_PER_QUERY = 50;

/** Beam widths to try, narrowest first. */
export function efLadder(k: number, shards: number): number[] {
  const narrowest = perShardK(k, shards);
  const ladder: number[] = [];
  for (let ef = narrowest; ef <= narrowest * LADDER_SPAN; ef = Math.ceil(ef * LADDER_STEP)) ladder.push(ef);
  return ladder;
}

/**
 * Share of the true best `k` that was found, averaged over queries. A hit counts when its score reaches the k-th true
 * one, so that items with the same vector may stand for each other.
 */
export function recallAt(k: number, truth: readonly VectorHits[], found: readonly VectorHits[]): number {
  let sum = 0;
  for (const [query, { scores }] of truth.entries()) {
    const wanted = Math.min(k, scores.length);
    if (wanted === 0) {
      sum += 1;
      continue;
    }
    const threshold = scores[wanted - 1] - SCORE_TOLERANCE;
    let hitCount = 0;
    for (const score of found[query].scores.subarray(0, wanted)) if (score >= threshold) hitCount += 1;
    sum += hitCount / wanted;
  }
  return truth.length === 0 ? 1 : sum / truth.length;
}

/** Seeded queries `[count, dimension]`: stored vectors, moved a little and normalised again. */
export async function sampleQueries(file: VectorsFile, count: number, random: Random): Promise<Float32Array> {
  const { dimension, rowCount } = file;
  const queries: Float32Array[] = [];
  for (let tries = 0; tries < count * TRIES_PER_QUERY && queries.length < count && rowCount > 0; tries += 1) {
    const vector = await file.row(Math.floor(random() * rowCount));
    if (vector.every((value) => value === 0)) continue;
    queries.push(disturb(vector, random));
  }
  const packed = new Float32Array(queries.length * dimension);
  for (const [row, query] of queries.entries()) packed.set(query, row * dimension);
  return packed;
}

function disturb(vector: Float32Array, random: Random): Float32Array {
  const scale = QUERY_NOISE / Math.sqrt(vector.length);
  const moved = vector.map((value) => value + scale * gaussian(random));
  const norm = Math.sqrt(moved.reduce((sum, value) => sum + value * value, 0));
  return moved.map((value) => value / norm);
}
