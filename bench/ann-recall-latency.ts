/**
 * Recall and latency of the HNSW index on clustered vectors: builds it from a file, as training does, loads it, as
 * candidate generation does, and searches with queries that the build has not seen.
 *
 *   npm run bench:ann -- --items 1000000
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { buildIndex, openHnswIndex, recallAt, searchVectorsFile, type HnswIndex } from '@winnow/ann-index';
import type { VectorHits } from '@winnow/domain';
import { clusteredVectors } from '../libs/testing/src/conformance/vector-index-vectors';
import { benchOptions } from './harness/bench-options';

const MEBIBYTE = 1024 * 1024;
const ROWS_PER_CHUNK = 50_000;
const RECALL_QUERIES = 100;
const WARM_UP_SEARCHES = 50;

const values = benchOptions({
  items: 100_000,
  dimension: 64,
  shards: Math.min(2, availableParallelism()),
  m: 16,
  'ef-construction': 200,
  'recall-min': 0.96,
  k: 500,
  searches: 1000,
  seed: 1,
});
const { items, dimension, shards, m, k, searches, seed } = values;
const { 'ef-construction': efConstruction, 'recall-min': recallMin } = values;

await main();

async function main(): Promise<void> {
  console.log(
    `machine        ${cpus()[0].model.trim()}, ${availableParallelism()} cores, ${gibibytes(totalmem())} GiB, Node ${process.version}`,
  );
  console.log(
    `vectors        ${items} x ${dimension}, ${clusterCount()} Gaussian clusters, seed ${seed}; ${shards} shards, m ${m}, efConstruction ${efConstruction}`,
  );
  const folder = await mkdtemp(join(tmpdir(), 'winnow-bench-ann-'));
  try {
    const vectorsFile = join(folder, 'item-vectors.safetensors');
    await writeVectors(vectorsFile);
    await build(folder, vectorsFile);
    await measure(folder, vectorsFile);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function build(folder: string, vectorsFile: string): Promise<void> {
  const result = await buildIndex({
    source: { vectorsFile },
    dimension,
    shards,
    m,
    efConstruction,
    recallMin,
    k,
    seed,
    outputFolder: join(folder, 'index'),
    onProgress: ({ phase, doneCount, totalCount, perSecond, remainingMs }) => {
      if (process.stderr.isTTY)
        process.stderr.write(
          `\r${phase} ${doneCount}/${totalCount}, ${Math.round(perSecond)}/s, ${Math.round(remainingMs / 1000)} s left   `,
        );
    },
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (!result.ok) throw new Error(`${result.error.reason}: ${result.error.remedy}`);
  const { buildMs, calibrateMs, efSearch, recallAt500, perShardK, bytes, calibration } = result.value;
  console.log(
    `build          ${seconds(buildMs)} s (${Math.round((1000 * items) / buildMs)} vectors/s), calibration ${seconds(calibrateMs)} s, ${Math.round(bytes / MEBIBYTE)} MiB on disk`,
  );
  console.log(
    `calibration    ${calibration.map((step) => `ef ${step.efSearch}: ${step.recall.toFixed(4)}`).join(', ')}`,
  );
  console.log(
    `chosen         efSearch ${efSearch}, ${perShardK} of each shard for k = ${k}: recall ${recallAt500.toFixed(4)}`,
  );
}

async function measure(folder: string, vectorsFile: string): Promise<void> {
  const queries = clusteredVectors({
    count: Math.max(RECALL_QUERIES, searches),
    dimension,
    seed: seed + 1_000_003,
    centreSeed: seed,
    clusterCount: clusterCount(),
  });
  const before = process.memoryUsage.rss();
  const startedAtMs = performance.now();
  const opened = await openHnswIndex({ folder: join(folder, 'index'), dimension, shards });
  if (!opened.ok) throw new Error(opened.error.reason);
  const index = opened.value;
  console.log(
    `load           ${seconds(performance.now() - startedAtMs)} s, ${index.count()} vectors, answered by ${index.kind}`,
  );
  try {
    const latencies = await searchAll(index, queries);
    const rss = process.memoryUsage.rss();
    console.log(
      `search         ${searches} sequential, k = ${k}: p50 ${quantile(latencies, 0.5)} ms, p99 ${quantile(latencies, 0.99)} ms, max ${quantile(latencies, 1)} ms`,
    );
    console.log(
      `memory         ${Math.round((rss - before) / MEBIBYTE)} MiB for the index, ${Math.round(rss / MEBIBYTE)} MiB resident in all`,
    );
    const sample = queries.slice(0, RECALL_QUERIES * dimension);
    const truth = await searchVectorsFile({ vectorsFile, dimension, queries: sample, k });
    const found: VectorHits[] = [];
    for (let row = 0; row < RECALL_QUERIES; row += 1)
      found.push(await index.search(queryAt(queries, row), k));
    console.log(
      `recall@${k}     ${recallAt(k, truth, found).toFixed(4)} on ${RECALL_QUERIES} unseen queries, against a scan`,
    );
  } finally {
    await index.close();
  }
}

async function searchAll(index: HnswIndex, queries: Float32Array): Promise<number[]> {
  for (let row = 0; row < WARM_UP_SEARCHES; row += 1) await index.search(queryAt(queries, row), k);
  const latencies: number[] = [];
  for (let row = 0; row < searches; row += 1) {
    const startedAtMs = performance.now();
    await index.search(queryAt(queries, row), k);
    latencies.push(performance.now() - startedAtMs);
  }
  return latencies.sort((left, right) => left - right);
}

/** In chunks, so that this process stays as small as one that only serves. */
async function writeVectors(path: string): Promise<void> {
  const entry = { dtype: 'F32', shape: [items, dimension], data_offsets: [0, items * dimension * 4] };
  const json = JSON.stringify({ vectors: entry });
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8), 0);
  header.write(json, 8);
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(header);
    for (let from = 0; from < items; from += ROWS_PER_CHUNK) {
      const count = Math.min(ROWS_PER_CHUNK, items - from);
      const vectors = clusteredVectors({
        count,
        dimension,
        seed: seed + from,
        centreSeed: seed,
        clusterCount: clusterCount(),
      });
      await handle.writeFile(new Uint8Array(vectors.buffer));
    }
  } finally {
    await handle.close();
  }
}

function queryAt(queries: Float32Array, row: number): Float32Array {
  return queries.subarray(row * dimension, (row + 1) * dimension);
}

function clusterCount(): number {
  return Math.max(4, Math.round(items / 5000));
}

function quantile(sorted: readonly number[], share: number): string {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))].toFixed(2);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function gibibytes(bytes: number): string {
  return (bytes / 1024 / MEBIBYTE).toFixed(0);
}
