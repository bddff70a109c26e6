import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { userId } from '@winnow/domain';
import { itemUpserted, loggedEvent } from '@winnow/testing';
import { createEventLog, type EventLog } from './duckdb-event-log';
import { EventLogError } from './event-log-error';

const START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

let folder: string;
let log: EventLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-schema-version-'));
  log = createEventLog({ folder, lockWaitMs: 300 });
});
afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

const partsOf = async (kind: string): Promise<string[]> =>
  (await readdir(join(folder, kind), { recursive: true }))
    .filter((path) => path.endsWith('.parquet'))
    .sort()
    .map((path) => join(folder, kind, path));

describe('the schema version of a part', () => {
  const metadataOf = async (path: string): Promise<Record<string, string>> => {
    const connection = await (await DuckDBInstance.create()).connect();
    const rows = await connection.runAndReadAll(
      `SELECT decode(key), decode(value) FROM parquet_kv_metadata('${path}')`,
    );
    connection.closeSync();
    return Object.fromEntries(rows.getRows() as [string, string][]);
  };
  const writePart = async (target: string, sql: string, metadata: string): Promise<void> => {
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(`COPY (${sql}) TO '${target}' (FORMAT parquet ${metadata})`);
    connection.closeSync();
  };
  const versioned = (kind: string, version: string): string =>
    `, KV_METADATA { 'winnow.schema': '${kind}', 'winnow.schema_version': '${version}' }`;
  const readAll = (): Promise<unknown> => log.readEvents({ eventTypes: ['click'] });

  it('stands in its Parquet metadata, also after erasing and compacting', async () => {
    await log.appendEvents([loggedEvent('a'), loggedEvent('b', { userId: userId('u2') })]);
    await log.appendEvents([loggedEvent('c')]);
    await log.appendCatalogChanges([itemUpserted(1, {})]);
    const [event] = await partsOf('events');
    const [change] = await partsOf('catalog');
    expect(await metadataOf(event)).toMatchObject({
      'winnow.schema': 'events',
      'winnow.schema_version': '2',
    });
    expect(await metadataOf(change)).toMatchObject({
      'winnow.schema': 'catalog',
      'winnow.schema_version': '1',
    });
    await log.eraseUser(userId('u2'));
    await log.compact({ partCountMin: 2 });
    const parts = await partsOf('events');
    expect(parts).toHaveLength(1);
    expect(await metadataOf(parts[0])).toMatchObject({ 'winnow.schema_version': '2' });
    expect((await log.readEvents({ eventTypes: ['click'] })).count).toBe(2);
  });

  it('is refused when it is newer, by reading, erasing, compacting and counting alike, and by name', async () => {
    await log.appendEvents([loggedEvent('a')]);
    expect(await readAll()).toMatchObject({ count: 1 });
    const [part] = await partsOf('events');
    const newer = part.replace('-v2', '-v3');
    await writePart(newer, `SELECT * FROM '${part}'`, versioned('events', '3'));
    const refused = `${newer}: has events of schema version 3, and this Winnow reads up to 2: update it`;
    await expect(readAll()).rejects.toThrow(refused);
    await expect(readAll()).rejects.toThrow(EventLogError);
    await expect(log.eraseUser(userId('u1'))).rejects.toThrow(refused);
    await expect(log.compact({ partCountMin: 2 })).rejects.toThrow(refused);
    await expect(log.stats()).rejects.toThrow(refused);
    await rm(newer);
    expect(await readAll()).toMatchObject({ count: 1 });
  });

  it('is refused when it is of a kind that nobody knows, or no number', async () => {
    await log.appendEvents([loggedEvent('a')]);
    const [part] = await partsOf('events');
    const odd = part.replace('.parquet', '-r9.parquet');
    for (const metadata of [versioned('sessions', '1'), versioned('events', 'next')]) {
      await writePart(odd, `SELECT * FROM '${part}'`, metadata);
      await expect(createEventLog({ folder }).readEvents({ eventTypes: ['click'] })).rejects.toThrow(
        'update it',
      );
    }
  });

  it('may be missing, or older: such parts are read', async () => {
    await log.appendEvents([loggedEvent('a')]);
    const [part] = await partsOf('events');
    await writePart(part.replace('-v2', '-v2-r1'), `SELECT * REPLACE ('b' AS event_id) FROM '${part}'`, '');
    await writePart(
      part.replace('-v2', ''),
      `SELECT * EXCLUDE (cursor) REPLACE ('c' AS event_id) FROM '${part}'`,
      versioned('events', '1'),
    );
    expect(await readAll()).toMatchObject({ count: 3 });
  });
});

describe('old events', () => {
  it('go by whole days, and catalogue changes stay for ever', async () => {
    await log.appendEvents(
      [0, 1, 2, 3].flatMap((day) =>
        ['a', 'b'].map((id) => loggedEvent(`${id}${day}`, { timeMs: START_MS + day * DAY_MS + 1 })),
      ),
    );
    await log.appendCatalogChanges([itemUpserted(1, {})]);
    expect(await log.removeEventsBefore(START_MS + 2 * DAY_MS + 5)).toBe(2);
    const { count, timesMs } = await log.readEvents({ eventTypes: ['click'] });
    expect(count).toBe(4);
    expect(Math.min(...timesMs)).toBeGreaterThanOrEqual(START_MS + 2 * DAY_MS);
    expect(await log.removeEventsBefore(START_MS + 2 * DAY_MS)).toBe(0);
    expect((await log.stats()).catalogChangeCount).toBe(1);
  });
});
