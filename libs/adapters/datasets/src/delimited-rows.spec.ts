import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetError } from './dataset-error';
import { readRows, type DelimitedFormat, type Row } from './delimited-rows';
import { checkReadable } from './text-files';

const CSV: DelimitedFormat = { separator: ',', quoted: true };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-rows-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function rowsOf(content: string | Buffer, format = CSV, name = 'rows.csv'): Promise<Row[]> {
  const path = join(folder, name);
  await writeFile(path, content);
  const rows: Row[] = [];
  for await (const batch of readRows({ path }, format)) rows.push(...batch);
  return rows;
}

describe('rows of a delimited file', () => {
  it('follow RFC 4180: quotes hold separators, line ends and doubled quotes', async () => {
    const rows = await rowsOf('a,"b, c","d ""e"""\r\n"two\nlines",,x\n\n"",last,"z"');
    expect(rows.map(({ fields }) => fields)).toEqual([
      ['a', 'b, c', 'd "e"'],
      ['two\nlines', '', 'x'],
      ['', 'last', 'z'],
    ]);
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 5]);
    expect(rows.map(({ unterminated }) => unterminated)).toEqual([false, false, true]);
  });

  it('keep quotes inside a field that does not begin with one', async () => {
    const [row] = await rowsOf('7" frame,say "hi"\n');
    expect(row.fields).toEqual(['7" frame', 'say "hi"']);
  });

  it('lose only the line of a quote that never closes', async () => {
    const rows = await rowsOf('a,1\n"b,2\nc,3\nd,4\n');
    expect(rows.map(({ line, fields, problem }) => [line, fields, problem])).toEqual([
      [1, ['a', '1'], null],
      [2, [], 'a quote is not closed'],
      [3, ['c', '3'], null],
      [4, ['d', '4'], null],
    ]);
  });

  it('are the same however the file is cut into pieces', async () => {
    const line = (index: number): string =>
      `${index},"x${'y'.repeat(index % 50)}\n""z""",${'w'.repeat(index % 7)}\n`;
    const content = Array.from({ length: 20_000 }, (_, index) => line(index)).join('');
    expect(content.length).toBeGreaterThan(3 * 256 * 1024);
    const rows = await rowsOf(content);
    expect(rows).toHaveLength(20_000);
    for (const index of [0, 5_000, 19_999]) {
      expect(rows[index].fields).toEqual([
        `${index}`,
        `x${'y'.repeat(index % 50)}\n"z"`,
        'w'.repeat(index % 7),
      ]);
      expect(rows[index].line).toBe(1 + 2 * index);
    }
  });

  it('are refused when they have no end, without filling the memory', async () => {
    const rows = await rowsOf(`${'x'.repeat(3 * 1024 * 1024)}\na,b\n`);
    expect(rows[0].problem).toBe('the row is longer than 1 MiB');
    expect(rows.at(-1)).toMatchObject({ fields: ['a', 'b'], problem: null });
  });

  it('lose a byte order mark, and are read compressed as well', async () => {
    expect((await rowsOf('\uFEFFa,b\n'))[0].fields).toEqual(['a', 'b']);
    expect((await rowsOf(gzipSync('a,b\n'), CSV, 'rows.csv.gz'))[0].fields).toEqual(['a', 'b']);
  });

  it('keep umlauts that a piece boundary cuts', async () => {
    const rows = await rowsOf(`${'ä'.repeat(200_000)}\nö\n`);
    expect(rows.map(({ raw }) => raw)).toEqual(['ä'.repeat(200_000), 'ö']);
  });
});

describe('a compressed file that is cut short', () => {
  it('is refused before anything is read from it', async () => {
    const path = join(folder, 'cut.csv.gz');
    const whole = gzipSync('a,b\n'.repeat(10_000));
    for (const length of [0, 5, whole.length >> 1, whole.length - 1]) {
      await writeFile(path, whole.subarray(0, length));
      const failure = await checkReadable(path).catch((error: unknown) => error);
      expect(failure, `${length} bytes`).toBeInstanceOf(DatasetError);
      expect(String(failure)).toMatch(/cut\.csv\.gz.*cut short or damaged/);
    }
    await writeFile(path, whole);
    await checkReadable(path);
  });
});
