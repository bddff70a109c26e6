import { join } from 'node:path';

/** Standard deviations above the mean share of a shard: misses less than one true neighbour in a thousand. */
const SHARE_SLACK = 3;

/**
 * The shard of an ordinal. Mixed before the remainder is taken: catalogues are often numbered in a pattern (by topic,
 * by supplier), and a pattern that meets the number of shards would put all of one topic's items in one shard,
 * which {@link perShardK} could then not cover.
 */
export function shardOf(ordinal: number, shards: number): number {
  let mixed = Math.imul(ordinal ^ (ordinal >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % shards;
}

/**
 * How many neighbours to ask of each shard so that together they hold the best `k`: a shard's share of them is
 * binomial(k, 1 / shards), so its mean plus {@link SHARE_SLACK} standard deviations.
 */
export function perShardK(k: number, shards: number): number {
  const mean = k / shards;
  return Math.min(k, Math.ceil(mean + SHARE_SLACK * Math.sqrt(mean * (1 - 1 / shards))));
}

/** `shard-0.hnsw`, … inside the index folder. */
export const shardFile = (folder: string, shard: number): string => join(folder, `shard-${shard}.hnsw`);

/** Describes the shard files of a folder. */
export const sidecarFile = (folder: string): string => join(folder, 'index.json');
