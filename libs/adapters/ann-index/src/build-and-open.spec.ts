import { fork } from 'node:child_process';
import { mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ordinal, type Result } from '@winnow/domain';
import { clusteredVectors } from '@winnow/testing';
import type { AnnIndexError } from './ann-index-error';
import { buildIndex, type BuildProgress, type BuiltIndex } from './build-index';
import type { BuilderRequest } from './build-protocol';
import { builtEntry } from './built-entry';
import { recallAt } from './calibration';
import { ExactIndex, openExactIndex } from './exact-index';
import { openHnswIndex, type HnswIndex } from './hnsw-index';
import { loadHnswLibrary } from './hnsw-library';
import { shardFile, sidecarFile } from './shard-layout';
import { writeVectorsFile } from './vectors-file';

const DIMENSION = 32;
const COUNT = 12_000;
const CLUSTER_COUNT = 24;
const RECALL_MIN = 0.97;

describe('building and opening an index', () => {
  const vectors = clusteredVectors({
    count: COUNT,
    dimension: DIMENSION,
    seed: 11,
    clusterCount: CLUSTER_COUNT,
  });
  let folder: string;
  let vectorsFile: string;
  let built: BuiltIndex;
  const progress: BuildProgress[] = [];

  const build = (
    outputFolder: string,
    more: Partial<Parameters<typeof buildIndex>[0]> = {},
  ): Promise<Result<BuiltIndex, AnnIndexError>> =>
    buildIndex({
      source: { vectorsFile },
      dimension: DIMENSION,
      shards: 2,
      m: 16,
      efConstruction: 80,
      recallMin: RECALL_MIN,
      outputFolder,
      seed: 5,
      ...more,
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'winnow-ann-'));
    vectorsFile = join(folder, 'item-vectors.safetensors');
    await writeVectorsFile(vectorsFile, vectors, DIMENSION);
    const result = await build(join(folder, 'index'), { onProgress: (each) => progress.push(each) });
    if (!result.ok) throw new Error(result.error.reason);
    built = result.value;
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reports the recall that it was asked for and every beam width on the way', () => {
    expect(built.count).toBe(COUNT);
    expect(built.recallAt500).toBeGreaterThanOrEqual(RECALL_MIN);
    expect(built.calibration.at(-1)).toEqual({ efSearch: built.efSearch, recall: built.recallAt500 });
    for (const { recall } of built.calibration.slice(0, -1)) expect(recall).toBeLessThan(RECALL_MIN);
  });

  it('reports progress that ends at the total, then the steps of calibration', () => {
    const inserts = progress.filter(({ phase }) => phase === 'insert');
    expect(inserts.length).toBeGreaterThan(1);
    expect(inserts.at(-1)).toMatchObject({ doneCount: COUNT, totalCount: COUNT, remainingMs: 0 });
    for (const { perSecond } of inserts) expect(perSecond).toBeGreaterThan(0);
    expect(progress.at(-1)?.phase).toBe('calibrate');
  });

  it('reaches the recall on queries that it was not calibrated on, after loading, answered by HNSW', async () => {
    const queries = clusteredVectors({
      count: 30,
      dimension: DIMENSION,
      seed: 12,
      centreSeed: 11,
      clusterCount: CLUSTER_COUNT,
    });
    const truth = ExactIndex.fromVectors(vectors, DIMENSION).searchMany(queries, 500);
    await withIndex(join(folder, 'index'), async (index) => {
      expect(index.kind).toBe('hnsw');
      const found = await Promise.all(
        truth.map((_, row) => index.search(queries.slice(row * DIMENSION, (row + 1) * DIMENSION), 500)),
      );
      expect(recallAt(500, truth, found)).toBeGreaterThanOrEqual(RECALL_MIN - 0.02);
    });
  });

  it('calibrates on the queries it is given: far from every item, they need a wider beam', async () => {
    const queries = clusteredVectors({
      count: 30,
      dimension: DIMENSION,
      seed: 13,
      clusterCount: CLUSTER_COUNT,
    });
    const outputFolder = join(folder, 'far-queries');
    const result = await build(outputFolder, { queries });
    if (!result.ok) throw new Error(result.error.reason);
    expect(result.value.recallAt500).toBeGreaterThanOrEqual(RECALL_MIN);
    expect(result.value.efSearch).toBeGreaterThan(built.efSearch);
  });

  it('writes the same files for the same seed, and leaves nothing else', async () => {
    const again = join(folder, 'again');
    expect((await build(again)).ok).toBe(true);
    expect((await readdir(again)).sort()).toEqual(['index.json', 'shard-0.hnsw', 'shard-1.hnsw']);
    for (const shard of [0, 1]) {
      const [first, second] = await Promise.all(
        [join(folder, 'index'), again].map((each) => readFile(shardFile(each, shard))),
      );
      expect(first.equals(second)).toBe(true);
    }
  });

  it('names the ordinal of a vector that is not finite, and leaves no file behind', async () => {
    const damaged = vectors.slice();
    damaged[700 * DIMENSION + 3] = Number.NaN;
    const outputFolder = join(folder, 'nan');
    const result = await build(outputFolder, { source: { vectors: damaged } });
    expect(result).toMatchObject({
      ok: false,
      error: { kind: 'vectors-refused', reason: 'vector of ordinal 700 is not finite' },
    });
    expect(await readdir(outputFolder)).toEqual([]);
  });

  it('says so when no beam reaches the recall', async () => {
    const result = await build(join(folder, 'starved'), { recallMin: 1.01, m: 4, efConstruction: 8 });
    expect(result).toMatchObject({ ok: false, error: { kind: 'recall-not-reached' } });
    expect(await readdir(join(folder, 'starved'))).toEqual([]);
  });

  it('stops at once when aborted, killing its builders and removing what they wrote', async () => {
    const controller = new AbortController();
    const outputFolder = join(folder, 'aborted');
    const result = await build(outputFolder, {
      efConstruction: 2000,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(result).toMatchObject({ ok: false, error: { kind: 'aborted' } });
    expect(await readdir(outputFolder)).toEqual([]);
  });

  it('ends a builder whose parent is gone, in the middle of its work', async () => {
    const builder = fork(builtEntry('ann-build.process.js'), [], { serialization: 'advanced', silent: true });
    const exited = new Promise<number | null>((resolve) => builder.once('exit', resolve));
    const inserting = new Promise((resolve) => builder.once('message', resolve));
    const request: BuilderRequest = {
      kind: 'build',
      vectorsFile,
      file: join(folder, 'orphan.hnsw'),
      dimension: DIMENSION,
      shard: 0,
      shards: 1,
      m: 16,
      efConstruction: 800,
      seed: 1,
    };
    builder.send(request);
    await inserting;
    builder.disconnect();
    expect(await exited).toBe(1);
  });

  it('builds and opens an index of no vectors, which grows live', async () => {
    const outputFolder = join(folder, 'empty');
    const result = await build(outputFolder, { source: { vectors: new Float32Array(8 * DIMENSION) } });
    expect(result).toMatchObject({ ok: true, value: { count: 0 } });
    await withIndex(outputFolder, async (index) => {
      const query = vectors.slice(0, DIMENSION);
      expect((await index.search(query, 10)).ordinals).toHaveLength(0);
      await index.upsert(ordinal(3), query);
      expect(Array.from((await index.search(query, 10)).ordinals)).toEqual([3]);
    });
  });

  it('keeps its recall while a quarter of its vectors are removed, replaced and added live', async () => {
    const fresh = clusteredVectors({
      count: 2000,
      dimension: DIMENSION,
      seed: 14,
      centreSeed: 11,
      clusterCount: CLUSTER_COUNT,
    });
    const exact = ExactIndex.fromVectors(vectors, DIMENSION);
    const queries = fresh.slice(0, 30 * DIMENSION);
    await withIndex(join(folder, 'index'), async (index) => {
      for (const each of [index, exact])
        for (let row = 0; row < 2000; row += 1) {
          const vector = fresh.slice(row * DIMENSION, (row + 1) * DIMENSION);
          const placed = row % 2 === 0 ? COUNT + row : row * 5;
          await each.upsert(ordinal(placed), vector);
          await each.remove(ordinal(row * 5 + 1));
        }
      expect(index.count()).toBe(exact.count());
      const truth = exact.searchMany(queries, 500);
      const found = await Promise.all(
        truth.map((_, row) => index.search(queries.slice(row * DIMENSION, (row + 1) * DIMENSION), 500)),
      );
      expect(recallAt(500, truth, found)).toBeGreaterThanOrEqual(RECALL_MIN - 0.02);
    });
  });

  it('reads the same vectors into the exact index, its fallback', async () => {
    const exact = await openExactIndex({ vectorsFile, dimension: DIMENSION });
    expect(exact.count()).toBe(COUNT);
    expect((await exact.search(vectors.slice(0, DIMENSION), 1)).ordinals[0]).toBe(0);
    await expect(openExactIndex({ vectorsFile, dimension: 16 })).rejects.toThrow(/expected F32 \[rows, 16\]/);
  });

  describe('refuses, before native code opens it,', () => {
    const damagedCopy = async (name: string, damage: (file: string) => Promise<void>): Promise<string> => {
      const copy = join(folder, name);
      expect((await build(copy, { source: { vectors: vectors.slice(0, 64 * DIMENSION) } })).ok).toBe(true);
      await damage(shardFile(copy, 1));
      return copy;
    };
    const refusal = async (copy: string, dimension = DIMENSION): Promise<AnnIndexError> => {
      const opened = await openHnswIndex({ folder: copy, dimension });
      if (opened.ok) throw new Error('opened');
      expect(opened.error.kind).toBe('damaged');
      return opened.error;
    };

    it('an index of another dimension than the release', async () => {
      expect((await refusal(join(folder, 'index'), 64)).reason).toMatch(/dimension 32, the release 64/);
    });

    it('a shard that is shorter than its header promises', async () => {
      const copy = await damagedCopy('short', (file) => truncate(file, 3000));
      expect((await refusal(copy)).reason).toMatch(/promises more/);
    });

    it('a shard whose upper layers were cut', async () => {
      const copy = await damagedCopy('cut', async (file) =>
        truncate(file, (await readFile(file)).length - 3),
      );
      expect((await refusal(copy)).reason).toMatch(/upper layers/);
    });

    it('a shard whose header was overwritten', async () => {
      const copy = await damagedCopy('header', async (file) => {
        const handle = await open(file, 'r+');
        await handle.write(Uint8Array.of(7), 0, 1, 24);
        await handle.close();
      });
      expect((await refusal(copy)).reason).toMatch(/not an index of dimension 32/);
    });

    it('an empty file, a missing file and a description that is not JSON', async () => {
      expect((await refusal(await damagedCopy('zero', (file) => truncate(file, 0)))).reason).toMatch(
        /0 bytes/,
      );
      expect((await refusal(await damagedCopy('gone', (file) => rm(file)))).reason).toMatch(/ENOENT/);
      const copy = await damagedCopy('text', async () => {});
      await writeFile(sidecarFile(copy), 'not json');
      expect((await refusal(copy)).reason).toMatch(/index.json/);
    });
  });

  it('says how to install the native library when it cannot be loaded', () => {
    expect(loadHnswLibrary('no-such-native-library')).toMatchObject({
      ok: false,
      error: { kind: 'native-library-missing', remedy: expect.stringContaining('npm rebuild hnswlib-node') },
    });
  });
});

async function withIndex(folder: string, use: (index: HnswIndex) => Promise<void>): Promise<void> {
  const opened = await openHnswIndex({ folder, dimension: DIMENSION });
  if (!opened.ok) throw new Error(opened.error.reason);
  try {
    await use(opened.value);
  } finally {
    await opened.value.close();
  }
}
