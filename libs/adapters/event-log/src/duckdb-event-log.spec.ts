import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { itemId, ordinal, userId, type TrackedEvent } from '@winnow/domain';
import { describeEventLog, itemUpserted, loggedEvent } from '@winnow/testing';
import { createEventLog, type EventLog } from './duckdb-event-log';
import { EventLogError } from './event-log-error';

const START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

let folder: string;
let log: EventLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-event-log-'));
  log = createEventLog({ folder, lockWaitMs: 300 });
});
afterEach(async () => {
  await log.close();
  await rm(folder, { recursive: true, force: true });
});

describeEventLog('Parquet through DuckDB', async () => {
  const otherProcess = createEventLog({ folder, threads: 1, memoryLimit: '200MB' });
  return { log, otherProcess, close: () => otherProcess.close() };
});

const partsOf = async (kind: string): Promise<string[]> =>
  (await readdir(join(folder, kind), { recursive: true }))
    .filter((path) => path.endsWith('.parquet'))
    .sort()
    .map((path) => join(folder, kind, path));

const firstOf = async <T>(batches: AsyncIterable<T>): Promise<T | null> => {
  for await (const batch of batches) return batch;
  return null;
};

const manyEvents = (count: number, days: number): TrackedEvent[] =>
  Array.from({ length: count }, (_, index) =>
    loggedEvent(`e${String(index).padStart(6, '0')}`, {
      userId: userId(`u${index % 977}`),
      itemId: itemId(`i${index % 311}`),
      ordinal: ordinal(index % 311),
      timeMs: START_MS + (index % days) * DAY_MS + index,
    }),
  );

describe('files of the event log', () => {
  it('from before events had a cursor are read, erased and compacted with the others', async () => {
    await log.appendEvents([loggedEvent('old'), loggedEvent('gone', { userId: userId('u2') })]);
    const [part] = await partsOf('events');
    const connection = await (await DuckDBInstance.create()).connect();
    const old = part.replace('-v2', '');
    await connection.run(`COPY (SELECT * EXCLUDE (cursor) FROM '${part}') TO '${old}' (FORMAT parquet)`);
    connection.closeSync();
    await rm(part);
    await log.appendEvents([loggedEvent('new', { cursor: '5-0', timeMs: START_MS + 1 })]);
    expect(await log.eraseUser(userId('u2'))).toBe(1);
    const read = async (): Promise<unknown[]> => {
      const events: TrackedEvent[] = [];
      for await (const batch of log.streamEvents()) events.push(...batch);
      return events.map((event) => [event.eventId, event.cursor]);
    };
    const expected = [
      ['old', undefined],
      ['new', '5-0'],
    ];
    expect(await read()).toEqual(expected);
    expect((await log.readEvents({ eventTypes: ['click'], upTo: '4-0' })).count).toBe(1);
    await log.compact({ partCountMin: 2 });
    expect(await partsOf('events')).toHaveLength(1);
    expect(await read()).toEqual(expected);
  });

  it('are readable as they are: partitioned by day, with typed columns', async () => {
    await log.appendEvents([loggedEvent('a'), loggedEvent('b', { timeMs: START_MS + DAY_MS })]);
    await log.appendCatalogChanges([itemUpserted(1, { title: 'x', price: 2 })]);
    const connection = await (await DuckDBInstance.create()).connect();
    const events = await connection.runAndReadAll(
      `SELECT day::VARCHAR AS day, event_id, time::VARCHAR AS time, typeof(ordinal) AS type
       FROM '${folder}/events/*/*.parquet' ORDER BY day`,
    );
    expect(events.getRowObjects()).toEqual([
      { day: '2026-01-01', event_id: 'a', time: '2026-01-01 00:00:00', type: 'UINTEGER' },
      { day: '2026-01-02', event_id: 'b', time: '2026-01-02 00:00:00', type: 'UINTEGER' },
    ]);
    const items = await connection.runAndReadAll(
      `SELECT attributes->>'title' AS title, typeof(attributes) AS type FROM '${folder}/catalog/*.parquet'`,
    );
    expect(items.getRowObjects()).toEqual([{ title: 'x', type: 'JSON' }]);
    connection.closeSync();
    expect((await readdir(folder)).sort()).toEqual(['catalog', 'events']);
  });

  it('take 100,000 events over many days at once, and give them back whole', async () => {
    const events = manyEvents(100_000, 40);
    await log.appendEvents(events);
    expect((await partsOf('events')).length).toBeLessThan(90);
    const frame = await log.readEvents({ eventTypes: ['click'] });
    expect(frame.count).toBe(100_000);
    expect(frame.userIds).toHaveLength(977);
    const sorted = [...events].sort((a, b) => a.timeMs - b.timeMs);
    for (const row of [0, 1, 2047, 2048, 50_000, 99_999]) {
      expect(frame.timesMs[row]).toBe(sorted[row].timeMs);
      expect(frame.ordinals[row]).toBe(sorted[row].ordinal);
      expect(frame.userIds[frame.users[row]]).toBe(sorted[row].userId);
    }
  });

  it('are described for the doctor', async () => {
    expect(await log.stats()).toMatchObject({
      eventCount: 0,
      firstEventAtMs: null,
      lastEventAtMs: null,
      bytes: 0,
    });
    await log.appendEvents(manyEvents(10, 2));
    await log.appendCatalogChanges([itemUpserted(1, {})]);
    const stats = await log.stats();
    expect(stats).toMatchObject({
      eventCount: 10,
      firstEventAtMs: START_MS,
      lastEventAtMs: START_MS + DAY_MS + 9,
      catalogChangeCount: 1,
      partCount: 3,
    });
    expect(stats.bytes).toBeGreaterThan(1000);
  });

  it('refuse a time that no calendar has, and write nothing', async () => {
    const wrong = [loggedEvent('fine'), loggedEvent('never', { timeMs: Number.NaN })];
    await expect(log.appendEvents(wrong)).rejects.toThrow(/event never: NaN is no time/);
    expect(await log.stats()).toMatchObject({ eventCount: 0 });
  });
});

describe('a damaged part', () => {
  beforeEach(async () => {
    await log.appendEvents(manyEvents(5000, 3));
    await log.appendCatalogChanges([itemUpserted(1, {})]);
  });

  const truncated = async (path: string): Promise<void> => truncate(path, (await readFile(path)).length - 20);
  const overwritten = async (path: string): Promise<void> => {
    const bytes = await readFile(path);
    bytes.fill(0xff, 100, bytes.length - 3000);
    await writeFile(path, bytes);
  };
  const emptied = (path: string): Promise<void> => writeFile(path, '');
  const replaced = async (path: string): Promise<void> => {
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(`COPY (SELECT 1 AS other) TO '${path}' (FORMAT parquet)`);
    connection.closeSync();
  };

  it.each([
    ['truncated', truncated],
    ['overwritten', overwritten],
    ['empty', emptied],
    ['of another kind', replaced],
  ])('is named when it is %s', async (_case, damage) => {
    const [, second] = await partsOf('events');
    await damage(second);
    const failure = await log.readEvents({ eventTypes: ['click'] }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EventLogError);
    expect((failure as EventLogError).path).toBe(second);
    const streaming = (async () => {
      for await (const batch of log.streamEvents()) expect(batch).toEqual([]);
    })();
    await expect(streaming).rejects.toThrow(second);
    await expect(log.eraseUser(userId('u1'))).rejects.toThrow(second);
    expect(await readdir(folder)).not.toContain('rewrite.lock');
  });

  it('of the catalogue is named too', async () => {
    const [part] = await partsOf('catalog');
    await truncated(part);
    await expect(firstOf(log.readItems())).rejects.toThrow(part);
    await expect(log.stats()).rejects.toThrow(part);
  });
});

describe('compaction', () => {
  it('merges small parts without changing what is read, and drops repeated deliveries', async () => {
    for (let batch = 0; batch < 10; batch += 1)
      await log.appendEvents(manyEvents(200, 2).slice(batch * 15, batch * 15 + 40));
    for (let version = 0; version < 9; version += 1)
      await log.appendCatalogChanges([itemUpserted(1, { version })]);
    const before = await log.readEvents({ eventTypes: ['click'] });
    const report = await log.compact();
    expect(report).toMatchObject({ partCountBefore: 29, partCountAfter: 3 });
    expect(report.droppedCount).toBe(10 * 40 - before.count);
    expect(await partsOf('events')).toHaveLength(2);
    expect(await log.readEvents({ eventTypes: ['click'] })).toEqual(before);
    await log.appendCatalogChanges([itemUpserted(1, { version: 'newest' })]);
    expect(await firstOf(log.readItems())).toMatchObject([{ attributes: { version: 'newest' } }]);
    expect(await log.compact({ partCountMin: 2 })).toMatchObject({ partCountBefore: 4, partCountAfter: 3 });
    expect(await firstOf(log.readItems())).toMatchObject([{ attributes: { version: 'newest' } }]);
  });

  it('under readers never shows them a part of the log', async () => {
    const other = createEventLog({ folder });
    for (let batch = 0; batch < 20; batch += 1)
      await log.appendEvents(manyEvents(400, 2).slice(batch * 20, batch * 20 + 20));
    let reading = true;
    const counts: number[] = [];
    const reader = (async () => {
      while (reading) counts.push((await other.readEvents({ eventTypes: ['click'] })).count);
    })();
    await log.compact({ partCountMin: 2 });
    await log.eraseUser(userId('nobody'));
    reading = false;
    await reader;
    await other.close();
    expect(counts.length).toBeGreaterThan(0);
    expect(new Set(counts)).toEqual(new Set([400]));
  });
});

describe('rewriting', () => {
  it('waits for another process and gives up with a reason', async () => {
    await log.appendEvents([loggedEvent('a')]);
    const living = { host: hostname(), pid: process.ppid, token: 'other' };
    await writeFile(join(folder, 'rewrite.lock'), JSON.stringify(living));
    await expect(log.eraseUser(userId('u1'))).rejects.toThrow('another process is rewriting');
    expect((await log.readEvents({ eventTypes: ['click'] })).count).toBe(1);
  });

  it('takes over from a process that was killed', async () => {
    await log.appendEvents([loggedEvent('a')]);
    const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' });
    await new Promise((resolve) => child.once('exit', resolve));
    await writeFile(
      join(folder, 'rewrite.lock'),
      JSON.stringify({ host: hostname(), pid: child.pid, token: 'x' }),
    );
    expect(await log.eraseUser(userId('u1'))).toBe(1);
    expect(await readdir(folder)).not.toContain('rewrite.lock');
  });

  it('erases for good when two do it at once', async () => {
    await log.appendEvents(manyEvents(2000, 3));
    const other = createEventLog({ folder, lockWaitMs: 10_000 });
    const [one, two] = await Promise.all([other.eraseUser(userId('u1')), other.compact({ partCountMin: 1 })]);
    await other.close();
    expect(one).toBe(3);
    expect(two.droppedCount).toBe(0);
    const frame = await log.readEvents({ eventTypes: ['click'] });
    expect(frame.count).toBe(1997);
    expect(frame.userIds).not.toContain('u1');
  });

  it('leaves no bytes of the erased user in any file', async () => {
    await log.appendEvents([loggedEvent('a', { userId: userId('findme-7c1') }), loggedEvent('b')]);
    await log.eraseUser(userId('findme-7c1'));
    for (const part of await partsOf('events'))
      expect((await readFile(part)).includes('findme-7c1')).toBe(false);
  });

  it('clears what killed writers left long ago', async () => {
    const abandoned = join(folder, 'tmp-1-abc');
    const fresh = join(folder, 'tmp-2-def');
    await mkdir(abandoned, { recursive: true });
    await mkdir(fresh);
    const past = new Date(Date.now() - 2 * 3_600_000);
    await utimes(abandoned, past, past);
    await log.compact();
    expect(await readdir(folder)).toEqual(['tmp-2-def']);
  });
});
