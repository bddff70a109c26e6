import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AttributeDefinition } from '@winnow/domain';
import { checkColumnMapping, parseColumnMapping, type ColumnMapping } from './column-mapping';
import { formatOfPath, openTable, type TableOpenOptions } from './open-table';
import { Quarantine } from './quarantine';
import type { DatasetRecord } from './records';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-table-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function read(
  name: string,
  content: string | Buffer | null,
  options: Omit<TableOpenOptions, 'path'>,
): Promise<DatasetRecord[]> {
  const path = join(folder, name);
  if (content !== null) await writeFile(path, content);
  const table = await openTable({ path, ...options });
  const records: DatasetRecord[] = [];
  for await (const record of table.records()) records.push(record);
  return records;
}

const EVENTS: ColumnMapping = { user: 'customer', item: 'sku', event: 'purchase', time: 'at' };
const bad = (line: number, reason: string) => expect.objectContaining({ kind: 'bad', line, reason });
const event = (overrides: object) =>
  expect.objectContaining({
    kind: 'event',
    userId: 'u1',
    itemId: 'i1',
    eventType: 'purchase',
    value: 1,
    ...overrides,
  });

const ATTRIBUTES: AttributeDefinition[] = [
  { name: 'title', type: 'text' },
  { name: 'price', type: 'number' },
  { name: 'tags', type: 'categories' },
  { name: 'released', type: 'timestamp' },
  { name: 'vector', type: 'embedding', dimension: 2 },
];

describe('events from CSV', () => {
  it('are mapped by column, and refused line by line', async () => {
    const records = await read(
      'events.csv',
      [
        'customer,sku,at,amount',
        'u1,i1,2026-01-01T00:00:00Z,2.5',
        'u1,i1,1767225600,3',
        ',i1,1767225600,1',
        'u1,,1767225600,1',
        'u1,i1,soon,1',
        'u1,i1,1767225600,NaN',
        'u1,i1',
        'u1,i1,2999-01-01,1',
        '"u1,i1,1767225600,1',
        'u1,i1,1767225601,4',
      ].join('\n'),
      { mapping: { ...EVENTS, value: 'amount' } },
    );
    expect(records).toEqual([
      event({ timeMs: 1767225600000, value: 2.5, line: 2 }),
      event({ timeMs: 1767225600000, value: 3, line: 3 }),
      bad(4, 'user id is empty'),
      bad(5, 'item id is empty'),
      bad(6, 'time is not a time'),
      bad(7, 'value is not a number'),
      bad(8, 'has 2 columns, expected 4'),
      bad(9, 'time is in the future'),
      bad(10, 'a quote is not closed'),
      event({ value: 4, line: 11, repairs: ['the last row has no line end'] }),
    ]);
  });

  it('take their type from a column when one has that name', async () => {
    const mapping = { ...EVENTS, event: 'kind' };
    const records = await read(
      'events.csv',
      'customer,sku,at,kind\nu1,i1,1767225600,click\nu1,i1,1767225600,\n',
      { mapping },
    );
    expect(records).toEqual([event({ eventType: 'click' }), bad(3, 'event type is empty')]);
  });

  it('bring the attributes of an item the first time that it occurs', async () => {
    const mapping = { ...EVENTS, attributes: ['title'] };
    const records = await read(
      'events.csv',
      'customer,sku,at,title\nu1,i1,1767225600,One\nu1,i1,1767225601,Two\n',
      { mapping },
    );
    expect(records).toEqual([
      { kind: 'item', itemId: 'i1', attributes: { title: 'One' } },
      event({ timeMs: 1767225600000 }),
      event({ timeMs: 1767225601000 }),
    ]);
  });

  it('are read with another delimiter, and compressed', async () => {
    for (const [delimiter, name] of [
      [';', 'a.csv'],
      ['\t', 'b.tsv'],
      [',', 'c.csv.gz'],
    ]) {
      const text = `customer,sku,at\nu1,i1,1767225600\n`.replaceAll(',', delimiter);
      const records = await read(name, name.endsWith('.gz') ? gzipSync(text) : text, { mapping: EVENTS });
      expect(records).toEqual([event({ line: 2 })]);
    }
  });

  it('are not read at all without the columns that were mapped', async () => {
    await expect(read('events.csv', 'customer,item,at\nu1,i1,1\n', { mapping: EVENTS })).rejects.toThrow(
      /events\.csv has no column sku; it has customer, item, at/,
    );
    await expect(read('empty.csv', '', { mapping: EVENTS })).rejects.toThrow('expected a header');
    await expect(read('absent.csv', null, { mapping: EVENTS })).rejects.toThrow(/absent\.csv/);
  });
});

describe('items and users', () => {
  it('get typed attributes from CSV; what does not fit its type is left out and said', async () => {
    const records = await read(
      'items.csv',
      'sku,title,price,tags,released,vector\n' +
        'i1,"Chair, red",9.5,a|b,2026-01-01,"[0.5,1]"\n' +
        'i2,,cheap,"[""c"",""d""]",,"[1]"\n',
      { mapping: { item: 'sku', attributes: '*' }, itemAttributes: ATTRIBUTES },
    );
    expect(records).toEqual([
      {
        kind: 'item',
        itemId: 'i1',
        attributes: {
          title: 'Chair, red',
          price: 9.5,
          tags: ['a', 'b'],
          released: Date.UTC(2026, 0, 1),
          vector: [0.5, 1],
        },
      },
      {
        kind: 'item',
        itemId: 'i2',
        attributes: { tags: ['c', 'd'] },
        repairs: ['price is not a number: left out', 'vector must have 2 numbers, has 1: left out'],
      },
    ]);
  });

  it('come from JSON lines with their own types; a cut last line is refused', async () => {
    const records = await read(
      'items.jsonl',
      [
        '{"id":"i1","name":"Chair","price":3,"tags":["a"],"extra":{"nested":1}}',
        'not json',
        '[1,2]',
        '{"id":7,"name":null,"price":"4.5"}',
        '{"name":"nameless"}',
        '{"id":"i9","na',
      ].join('\n'),
      {
        mapping: { item: 'id', attributes: { title: 'name', price: 'price', tags: 'tags' } },
        itemAttributes: ATTRIBUTES,
      },
    );
    expect(records).toEqual([
      { kind: 'item', itemId: 'i1', attributes: { title: 'Chair', price: 3, tags: ['a'] } },
      bad(2, 'is not JSON'),
      bad(3, 'is not a JSON object'),
      { kind: 'item', itemId: '7', attributes: { price: 4.5 } },
      bad(5, 'item id is empty'),
      bad(6, 'the file ends in the middle of this row'),
    ]);
  });

  it('may lack columns in some JSON lines, the first one too', async () => {
    const records = await read('items.jsonl', '{"id":"i1"}\n{"id":"i2","price":2}\n', {
      mapping: { item: 'id', attributes: '*' },
    });
    expect(records).toEqual([
      { kind: 'item', itemId: 'i1', attributes: {} },
      { kind: 'item', itemId: 'i2', attributes: { price: 2 } },
    ]);
    const wrong = { item: 'id', attributes: ['colour'] };
    await expect(read('items.jsonl', null, { mapping: wrong })).rejects.toThrow(
      'no column colour; it has id, price',
    );
  });

  it('are users when only a user is mapped', async () => {
    const records = await read('users.csv', 'id,country\nu1,FR\n', {
      mapping: { user: 'id', attributes: '*' },
    });
    expect(records).toEqual([{ kind: 'user', userId: 'u1', attributes: { country: 'FR' } }]);
  });
});

describe('Parquet', () => {
  const write = async (sql: string): Promise<void> => {
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(`COPY (${sql}) TO '${join(folder, 'rows.parquet')}' (FORMAT parquet)`);
    connection.closeSync();
  };

  it('is read with its own types: timestamps, bigints, lists and NULL', async () => {
    await write(
      `SELECT * FROM (VALUES
         (42::BIGINT, 'i1', TIMESTAMP '2026-01-01 00:00:00', 2.5::DOUBLE, ['a', 'b']),
         (NULL, 'i2', TIMESTAMP '2026-01-01 00:00:00', 1, NULL),
         (43, 'i1', NULL, 1, []),
         (44, 'i1', TIMESTAMP '2026-01-01 00:00:01', 'NaN'::DOUBLE, [])) AS t(who, what, "at", amount, tags)`,
    );
    const records = await read('rows.parquet', null, {
      mapping: {
        user: 'who',
        item: 'what',
        event: 'purchase',
        time: 'at',
        value: 'amount',
        attributes: ['tags'],
      },
    });
    expect(records).toEqual([
      { kind: 'item', itemId: 'i1', attributes: { tags: ['a', 'b'] } },
      event({ userId: '42', timeMs: 1767225600000, value: 2.5, line: 1 }),
      bad(2, 'user id is empty'),
      bad(3, 'time is empty'),
      bad(4, 'value is not a number'),
    ]);
  });

  it('is refused when it is damaged', async () => {
    await write('SELECT 1 AS who');
    const path = join(folder, 'rows.parquet');
    await writeFile(path, (await readFile(path)).subarray(0, 50));
    await expect(read('rows.parquet', null, { mapping: { user: 'who' } })).rejects.toThrow(/rows\.parquet/);
  });
});

describe('a column mapping', () => {
  it('is read from the command line', () => {
    expect(parseColumnMapping('user=customer,item=sku,event=purchase,time=at')).toEqual(EVENTS);
    expect(parseColumnMapping('item=id,attributes=*')).toEqual({ item: 'id', attributes: '*' });
    expect(parseColumnMapping('item=id, attributes=a+b')).toEqual({ item: 'id', attributes: ['a', 'b'] });
    expect(parseColumnMapping('item=id,attributes=title:name+price')).toEqual({
      item: 'id',
      attributes: { title: 'name', price: 'price' },
    });
  });

  it('says everything that is wrong with it', () => {
    expect(() => checkColumnMapping({ user: 'u', item: 'i', colour: 'red' })).toThrow(/colour/);
    expect(() => checkColumnMapping({ user: 'u', item: 'i' })).toThrow(
      /time: events need a time[\s\S]*event: events need a type/,
    );
    expect(() => checkColumnMapping({ item: 'i', value: 'v' })).toThrow('is for events');
    expect(() => checkColumnMapping({})).toThrow('map item');
    expect(() => parseColumnMapping('item')).toThrow('expected name=column');
    expect(() => parseColumnMapping('item=a,item=b')).toThrow('names item twice');
  });

  it('needs a format, by name or said', async () => {
    expect(formatOfPath('a.b/x.csv.gz')).toBe('csv');
    expect(formatOfPath('x.ndjson')).toBe('jsonl');
    expect(formatOfPath('x.parquet')).toBe('parquet');
    expect(formatOfPath('x.txt')).toBeNull();
    await expect(openTable({ path: 'x.txt', mapping: EVENTS })).rejects.toThrow('say which format');
  });
});

describe('the quarantine', () => {
  it('holds every refused row with file, line and reason, and is no file when there is none', async () => {
    const path = join(folder, 'deep', 'quarantine.jsonl');
    const empty = new Quarantine(path);
    await empty.close();
    await expect(readFile(path)).rejects.toThrow('ENOENT');
    const quarantine = new Quarantine(path);
    for (let line = 1; line <= 2000; line += 1)
      await quarantine.add({ kind: 'bad', file: 'a.csv', line, reason: 'time is empty', raw: 'x,"y"\n' });
    await quarantine.close();
    const rows = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(quarantine.count).toBe(2000);
    expect(rows).toHaveLength(2000);
    expect(JSON.parse(rows[1999])).toEqual({
      file: 'a.csv',
      line: 2000,
      reason: 'time is empty',
      raw: 'x,"y"\n',
    });
  });
});
