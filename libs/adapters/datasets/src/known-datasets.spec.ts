import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetError } from './dataset-error';
import { dataFolders, findDataset, openDataset } from './find-dataset';
import type { DatasetRecord, DatasetSummary } from './records';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'winnow-data-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const put = async (path: string, content: string | Buffer): Promise<void> => {
  const target = join(dataDir, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content);
};

async function read(name: string): Promise<{ records: DatasetRecord[]; summary: DatasetSummary }> {
  const dataset = await openDataset(name, { dataDirs: [dataDir] });
  const records: DatasetRecord[] = [];
  for await (const record of dataset.records()) records.push(record);
  return { records, summary: dataset.summary() };
}

const bad = (line: number, reason: string) => expect.objectContaining({ kind: 'bad', line, reason });

const flags = (...ones: number[]): string =>
  Array.from({ length: 19 }, (_, index) => (ones.includes(index) ? '1' : '0')).join('|');

describe('MovieLens 100K', () => {
  beforeEach(async () => {
    const films = [
      `1|Toy Story (1995)|01-Jan-1995||http://x|${flags(3, 4, 5)}`,
      `2|Misérables, Les (1995)|01-Jan-1995||http://x|${flags(8)}`,
      `3|unknown||||${flags(0)}`,
      `4|too few columns|x`,
    ];
    await put('ml-100k/u.item', Buffer.from(`${films.join('\n')}\n`, 'latin1'));
    await put('ml-100k/u.user', '196|49|M|writer|55105\n22|old|F|other|T8H1N\n|1|M|x|1\n');
    await put(
      'ml-100k/u.data',
      '196\t1\t3\t881250949\n22\t2\tfive\t881250950\n22\t2\t6\t881250950\n22\t1\t4\tnever\n22\t3\t1\t881250951\n196\t2\t5\t8812',
    );
  });

  it('gives films, people and ratings, and refuses what cannot be right', async () => {
    const { records } = await read('movielens-100k');
    expect(records).toEqual([
      {
        kind: 'item',
        itemId: '1',
        attributes: { title: 'Toy Story', year: 1995, genres: ['Animation', "Children's", 'Comedy'] },
      },
      { kind: 'item', itemId: '2', attributes: { title: 'Misérables, Les', year: 1995, genres: ['Drama'] } },
      { kind: 'item', itemId: '3', attributes: { title: 'unknown', genres: [] } },
      {
        kind: 'bad',
        file: 'u.item',
        line: 4,
        reason: 'has 3 columns, expected 24',
        raw: '4|too few columns|x',
      },
      { kind: 'user', userId: '196', attributes: { age: 49, gender: 'M', occupation: 'writer' } },
      {
        kind: 'user',
        userId: '22',
        attributes: { gender: 'F', occupation: 'other' },
        repairs: ['age is not a number: left out'],
      },
      bad(3, 'user id is empty'),
      {
        kind: 'event',
        userId: '196',
        itemId: '1',
        eventType: 'rated',
        timeMs: 881250949000,
        value: 3,
        line: 1,
      },
      bad(2, 'rating is not a number'),
      bad(3, 'rating is not from 1 to 5'),
      bad(4, 'time is not a time'),
      expect.objectContaining({ kind: 'event', userId: '22', itemId: '3', line: 5 }),
      bad(6, 'the file ends in the middle of this row'),
    ]);
  });

  it('counts what was read, kept, repaired and refused', async () => {
    const { summary } = await read('movielens-100k');
    expect(summary).toEqual({
      readCount: 13,
      keptCount: 7,
      repairedCount: 1,
      refusedCount: 6,
      itemCount: 3,
      userCount: 2,
      eventCount: 2,
      firstEventAtMs: 881250949000,
      lastEventAtMs: 881250951000,
      refusedByReason: {
        'has 3 columns, expected 24': 1,
        'user id is empty': 1,
        'rating is not a number': 1,
        'rating is not from 1 to 5': 1,
        'time is not a time': 1,
        'the file ends in the middle of this row': 1,
      },
      repairedByReason: { 'age is not a number: left out': 1 },
    });
  });
});

describe('the other film sets', () => {
  it('MovieLens 1M is read with its occupations spelt out', async () => {
    await put('ml-1m/movies.dat', Buffer.from("1::Léon (1994)::Children's|Drama\n", 'latin1'));
    await put('ml-1m/users.dat', '1::F::1::10::48067\n');
    await put('ml-1m/ratings.dat', '1::1::5::978300760\n1::1::5\n');
    expect((await read('movielens-1m')).records).toEqual([
      {
        kind: 'item',
        itemId: '1',
        attributes: { title: 'Léon', year: 1994, genres: ["Children's", 'Drama'] },
      },
      { kind: 'user', userId: '1', attributes: { age: 1, gender: 'F', occupation: 'K-12 student' } },
      expect.objectContaining({ kind: 'event', timeMs: 978300760000, value: 5 }),
      bad(2, 'has 3 columns, expected 4'),
    ]);
  });

  it('MovieLens latest is read as CSV with quoted titles', async () => {
    await put(
      'ml-latest-small/movies.csv',
      'movieId,title,genres\n1,"American President, The (1995)",Comedy|Drama\n2,Ringers,(no genres listed)\n',
    );
    await put('ml-latest-small/ratings.csv', 'userId,movieId,rating,timestamp\r\n1,1,4.5,964982703\r\n');
    expect((await read('movielens-latest')).records).toEqual([
      {
        kind: 'item',
        itemId: '1',
        attributes: { title: 'American President, The', year: 1995, genres: ['Comedy', 'Drama'] },
      },
      { kind: 'item', itemId: '2', attributes: { title: 'Ringers', genres: [] } },
      expect.objectContaining({ kind: 'event', value: 4.5, line: 2 }),
    ]);
  });

  it('MovieTweetings is read in UTF-8, its ids as they are', async () => {
    await put(
      'movietweetings/movies.dat',
      "0002844::Fantômas - À l'ombre (1913)::Crime|Drama\n0000001::No genre (2000)::\n::Nameless (2001)::Drama\n",
    );
    await put('movietweetings/ratings.dat', '1::0002844::0::1365029107\n2::0002844::11::1365029107\n');
    expect((await read('movietweetings')).records).toEqual([
      {
        kind: 'item',
        itemId: '0002844',
        attributes: { title: "Fantômas - À l'ombre", year: 1913, genres: ['Crime', 'Drama'] },
      },
      { kind: 'item', itemId: '0000001', attributes: { title: 'No genre', year: 2000, genres: [] } },
      bad(3, 'item id is empty'),
      expect.objectContaining({ kind: 'event', itemId: '0002844', value: 0 }),
      bad(2, 'rating is not from 0 to 10'),
    ]);
  });
});

describe('Online Retail', () => {
  const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n';
  const ROWS = [
    '1,85123A,OLD NAME,6,2010-12-01 08:26:00,2.50,17850.0,United Kingdom',
    '2,85123A," NEW  NAME ",2,2010-12-02 08:26:00,4.50,17850,EIRE',
    '3,22041,"FRAME 7"" SINGLE, SMALL",1,12/3/2010 9:00,1.5,13047.0,France',
    'C4,22041,FRAME,-1,2010-12-03 09:00:00,1.5,13047.0,France',
    '5,POST,POSTAGE,3,2010-12-03 09:00:00,18.0,13047.0,France',
    '6,22041,FRAME,1,2010-12-03 09:00:00,1.5,,France',
    '7,22041,FRAME,0,2010-12-03 09:00:00,1.5,13047.0,France',
    '8,22041,FRAME,1,2010-12-03 09:00:00,0.0,13047.0,France',
    '9,22041,FRAME,NaN,2010-12-03 09:00:00,1.5,13047.0,France',
    '10,22041,FRAME,1,someday,1.5,13047.0,France',
    '11,22041,"FRAME,1',
  ];

  it('keeps sales of products to known customers, and refuses the rest with its reason', async () => {
    await put('online-retail/online-retail.csv.gz', gzipSync(HEADER + ROWS.join('\n')));
    const { records, summary } = await read('online-retail');
    expect(records.filter(({ kind }) => kind === 'bad')).toEqual([
      bad(5, 'cancelled'),
      bad(6, 'stock code is not a product'),
      bad(7, 'customer is unknown'),
      bad(8, 'quantity is not positive'),
      bad(9, 'price is not positive'),
      bad(10, 'quantity is not a number'),
      bad(11, 'time is not a time'),
      bad(12, 'a quote is not closed: the file ends in the middle of it'),
    ]);
    expect(records.filter(({ kind }) => kind !== 'bad')).toEqual([
      { kind: 'item', itemId: '85123A', attributes: { description: 'NEW NAME', price: 3.5 } },
      { kind: 'item', itemId: '22041', attributes: { description: 'FRAME 7" SINGLE, SMALL', price: 1.5 } },
      { kind: 'user', userId: '17850', attributes: { country: 'EIRE' } },
      { kind: 'user', userId: '13047', attributes: { country: 'France' } },
      {
        kind: 'event',
        userId: '17850',
        itemId: '85123A',
        eventType: 'purchase',
        timeMs: Date.UTC(2010, 11, 1, 8, 26),
        value: 6,
        line: 2,
      },
      expect.objectContaining({ kind: 'event', userId: '17850', value: 2, line: 3 }),
      expect.objectContaining({ kind: 'event', userId: '13047', timeMs: Date.UTC(2010, 11, 3, 9), line: 4 }),
    ]);
    expect(summary).toMatchObject({ eventCount: 3, refusedCount: 8 });
  });

  it('is refused whole when its archive is cut short', async () => {
    const whole = gzipSync(HEADER + ROWS.join('\n'));
    await put('online-retail/online-retail.csv.gz', whole.subarray(0, whole.length - 10));
    await expect(openDataset('online-retail', { dataDirs: [dataDir] })).rejects.toThrow(
      /cut short or damaged/,
    );
  });
});

describe('finding a data set', () => {
  it('looks in WINNOW_DATA_DIR, then ./data, then ../shared/data', () => {
    expect(dataFolders({ WINNOW_DATA_DIR: '/mnt/sets' }, '/srv/app')).toEqual([
      '/mnt/sets',
      '/srv/app/data',
      '/srv/shared/data',
    ]);
    expect(dataFolders({ WINNOW_DATA_DIR: '' }, '/srv/app')).toEqual(['/srv/app/data', '/srv/shared/data']);
  });

  it('says where it looked, what is missing there, and how to get it', async () => {
    await put('ml-100k/u.data', '');
    const found = findDataset('movielens-100k', { dataDirs: [dataDir, '/nowhere'] });
    if (found.ok) throw new Error('should not have been found');
    expect(found.error).toBeInstanceOf(DatasetError);
    expect(found.error.kind).toBe('not-found');
    expect(found.error.message).toContain(`${join(dataDir, 'ml-100k')} (lacks u.item, u.user)`);
    expect(found.error.message).toContain('/nowhere/ml-100k');
    expect(found.error.message).toContain('winnow data get movielens-100k');
  });

  it('lists the known names when it does not know one', async () => {
    await expect(openDataset('netflix')).rejects.toThrow(
      /no data set netflix; known: movielens-100k, .*online-retail/,
    );
  });

  it('tells how far it has read', async () => {
    await put('movietweetings/movies.dat', '1::A (2000)::X\n');
    await put('movietweetings/ratings.dat', '1::1::5::1365029107\n'.repeat(20_000));
    const seen: number[] = [];
    const dataset = await openDataset('movietweetings', {
      dataDirs: [dataDir],
      onProgress: ({ readBytes, totalBytes }) => seen.push(readBytes / totalBytes),
    });
    for await (const batch of dataset.batches()) expect(batch.length).toBeGreaterThan(0);
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toBe(1);
    expect(dataset.summary().eventCount).toBe(20_000);
  });
});
