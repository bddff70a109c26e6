import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findBenchmark } from './find-benchmark';
import { readRatingFolds } from './rating-folds';
import { readPublishedSplit, readSequences } from './sequences';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'winnow-benchmarks-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const put = async (path: string, content: string | Buffer): Promise<void> => {
  const target = join(dataDir, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
};

const rowsOf = (log: { users: Uint32Array; ordinals: Uint32Array; timesMs: Float64Array }): number[][] =>
  Array.from(log.users, (user, index) => [user, log.ordinals[index], log.timesMs[index]]);

describe('benchmarks of sequences', () => {
  const INTERLEAVED = [
    [0, 5, 0],
    [1, 8, 0],
    [0, 6, 1],
    [0, 5, 2],
  ];

  it('give everybody’s items by place, from bare lines and from pairs alike', async () => {
    await put('ml-1m-sequences/sequences.txt.gz', gzipSync('5 6 5\n8\n'));
    const bare = await readSequences('ml-1m-sequences', { dataDirs: [dataDir] });
    expect(rowsOf(bare)).toEqual(INTERLEAVED);
    await rm(join(dataDir, 'ml-1m-sequences'), { recursive: true });
    await put('ml-1m-sequences/ml-1m.txt', '0 5\n0 6\n0 5\n1 8\n');
    const pairs = await readSequences('ml-1m-sequences', { dataDirs: [dataDir] });
    expect(rowsOf(pairs)).toEqual(INTERLEAVED);
  });

  it('take the user from the line where it is there', async () => {
    await put('amazon-beauty/Beauty.txt', '7 5 6\n3 8\n');
    const log = await readSequences('amazon-beauty', { dataDirs: [dataDir] });
    expect(rowsOf(log)).toEqual([
      [7, 5, 0],
      [3, 8, 0],
      [7, 6, 1],
    ]);
  });

  it('come as published where the split is published', async () => {
    await put('gowalla/train.txt', '0 1 2\n1 2\n');
    await put('gowalla/test.txt.gz', gzipSync('0 3\n1 1\n'));
    const { train, test } = await readPublishedSplit('gowalla', { dataDirs: [dataDir] });
    expect(rowsOf(train).map(([user, item]) => [user, item])).toEqual([
      [0, 1],
      [1, 2],
      [0, 2],
    ]);
    expect(rowsOf(test).map(([user, item]) => [user, item])).toEqual([
      [0, 3],
      [1, 1],
    ]);
  });

  it('are refused whole when a line is not what it should be, or comes twice', async () => {
    await put('amazon-beauty/Beauty.txt', '1 2\n2 x\n');
    await expect(readSequences('amazon-beauty', { dataDirs: [dataDir] })).rejects.toThrow(
      /Beauty\.txt, line 2: expected whole numbers/,
    );
    await put('amazon-beauty/Beauty.txt', '1 2\n1 3\n');
    await expect(readSequences('amazon-beauty', { dataDirs: [dataDir] })).rejects.toThrow(
      /user 1 has a line/,
    );
  });

  it('say where to fetch them, and on what terms', () => {
    const found = findBenchmark('gowalla', { dataDirs: [dataDir] });
    if (found.ok) throw new Error('should not have been found');
    expect(found.error.kind).toBe('not-found');
    expect(found.error.message).toContain(join(dataDir, 'gowalla'));
    expect(found.error.message).toContain('https://github.com/gusye1234/LightGCN-PyTorch');
    expect(found.error.message).toContain('No licence is stated');
  });
});

describe('the folds of MovieLens 100K', () => {
  const ROW = '196\t242\t3\t881250949\n';

  it('are read as columns', async () => {
    for (const file of ['u.data', 'u.item', 'u.user']) await put(`ml-100k/${file}`, ROW);
    for (const fold of [1, 2, 3, 4, 5]) {
      await put(`ml-100k/u${fold}.base`, ROW.repeat(2));
      await put(`ml-100k/u${fold}.test`, ROW);
    }
    const { all, folds } = await readRatingFolds({ dataDirs: [dataDir] });
    expect(all).toEqual({
      users: Uint32Array.of(196),
      ordinals: Uint32Array.of(242),
      ratings: Float32Array.of(3),
      timesMs: Float64Array.of(881250949000),
    });
    expect(folds.map(({ train, test }) => [train.users.length, test.users.length])).toEqual(
      Array.from({ length: 5 }, () => [2, 1]),
    );
  });

  it('are missed by name', async () => {
    for (const file of ['u.data', 'u.item', 'u.user', 'u1.base']) await put(`ml-100k/${file}`, ROW);
    await expect(readRatingFolds({ dataDirs: [dataDir] })).rejects.toThrow(
      /lacks u1\.test, u2\.base.*winnow data get movielens-100k/s,
    );
  });

  it('are refused when a row has lost a column', async () => {
    for (const file of ['u.data', 'u.item', 'u.user']) await put(`ml-100k/${file}`, ROW);
    for (const fold of [1, 2, 3, 4, 5])
      for (const part of ['base', 'test']) await put(`ml-100k/u${fold}.${part}`, '196\t242\t3\n');
    await expect(readRatingFolds({ dataDirs: [dataDir] })).rejects.toThrow(/u1\.base, line 1/);
  });
});
