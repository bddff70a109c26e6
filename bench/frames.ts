/**
 * Training frames from an event log larger than the memory it may take: writes a log of any size, then reads it whole
 * in a process of its own, as the `dataset` step of a retraining does, and prints rows per second and peak memory.
 *
 *   npm run bench:frames -- --events 50000000
 */
import { fork } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { createEventLog } from '@winnow/event-log';
import { EVENT_PART_SQL } from '../libs/adapters/event-log/src/event-rows';
import { benchOptions } from './harness/bench-options';

const DAYS = 60;
const FIRST_DAY_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const GIBIBYTE = 1024 ** 3;
/** Share of the events that were delivered twice. */
const REPEATED_SHARE = 0.01;
const EVENT_TYPES = ['view', 'click', 'purchase'];

const values = benchOptions({
  events: 5_000_000,
  users: 1_000_000,
  items: 200_000,
  seed: 1,
  'memory-limit': '1GB',
  json: false,
  read: '',
});

/** What the reading process says. */
interface Reading {
  readonly rowCount: number;
  readonly userCount: number;
  readonly durationMs: number;
  readonly peakBytes: number;
  readonly oldestFirst: boolean;
}

async function main(): Promise<void> {
  const eventCount = values.events;
  const folder = await mkdtemp(join(tmpdir(), 'winnow-bench-frames-'));
  try {
    const writtenMs = await timed(() => writeLog(folder, eventCount));
    const log = createEventLog({ folder });
    const { eventCount: storedCount, bytes, partCount } = await log.stats();
    await log.close();
    const reading = await readElsewhere(folder);
    const report = {
      machine: `${cpus()[0].model.trim()}, ${availableParallelism()} cores, ${(totalmem() / GIBIBYTE).toFixed(1)} GiB, Node ${process.version}`,
      seed: values.seed,
      storedRows: storedCount,
      logGiB: bytes / GIBIBYTE,
      partCount,
      writeSeconds: writtenMs / 1_000,
      frameRows: reading.rowCount,
      frameUsers: reading.userCount,
      readSeconds: reading.durationMs / 1_000,
      rowsPerSecond: reading.rowCount / (reading.durationMs / 1_000),
      duckdbMemoryLimit: values['memory-limit'],
      peakGiB: reading.peakBytes / GIBIBYTE,
    };
    if (reading.rowCount !== eventCount || !reading.oldestFirst)
      throw new Error(
        `${eventCount} events were written, the frame has ${reading.rowCount}, oldest first: ${reading.oldestFirst}`,
      );
    if (values.json) console.log(JSON.stringify(report));
    else
      for (const [name, value] of Object.entries(report)) console.log(`${name.padEnd(18)} ${shown(value)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const shown = (value: string | number): string =>
  typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(2) : String(value);

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}

/** Popular items and busy users get most of the events; a part a day, as a compacted log has. */
async function writeLog(folder: string, eventCount: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GB', threads: '2' });
  const connection = await instance.connect();
  const perDay = Math.ceil(eventCount / DAYS);
  for (let day = 0; day < DAYS; day += 1) {
    const first = day * perDay;
    const end = Math.min(eventCount, first + perDay);
    if (first >= end) break;
    const name = new Date(FIRST_DAY_MS + day * DAY_MS).toISOString().slice(0, 10);
    await mkdir(join(folder, `events/day=${name}`), { recursive: true });
    await connection.run(
      `COPY (SELECT ${EVENT_PART_SQL} FROM (${eventsSql(first, end, FIRST_DAY_MS + day * DAY_MS)}) ORDER BY time, event_id)
       TO '${join(folder, `events/day=${name}`, 'part-000000000000001-000001-00000000.parquet')}' (FORMAT parquet, COMPRESSION zstd)`,
    );
    if (!values.json)
      process.stderr.write(`\r  writing ${Math.round((100 * end) / eventCount)} % of ${eventCount} events `);
  }
  connection.closeSync();
  instance.closeSync();
  if (!values.json) process.stderr.write('\n');
}

/** Uniform in [0, 1), the same for the same event and salt. */
const uniform = (salt: string): string => `((hash(i, ${values.seed}, '${salt}') >> 11) / 9007199254740992.0)`;

const eventsSql = (first: number, end: number, dayMs: number): string => `
  SELECT md5(i::VARCHAR) AS event_id,
         'u' || floor(${values.users} * pow(${uniform('user')}, 2))::BIGINT AS user_id,
         'i' || ordinal AS item_id, ordinal,
         CASE WHEN ${uniform('type')} < 0.8 THEN 'view' WHEN ${uniform('type')} < 0.98 THEN 'click' ELSE 'purchase' END AS event_type,
         ${dayMs} + floor(${DAY_MS} * ${uniform('time')})::BIGINT AS time,
         ${dayMs} + floor(${DAY_MS} * ${uniform('time')})::BIGINT + 100 * delivery AS received_at,
         1.0::DOUBLE AS value, NULL::VARCHAR AS slate_id, NULL::UINTEGER AS position,
         NULL::VARCHAR AS session_id, NULL::VARCHAR AS surface
  FROM (SELECT i, delivery, floor(${values.items} * pow(${uniform('item')}, 3))::UINTEGER AS ordinal
        FROM (SELECT range AS i FROM range(${first}, ${end})), (VALUES (1), (2)) AS deliveries(delivery)
        WHERE delivery = 1 OR ${uniform('repeated')} < ${REPEATED_SHARE})`;

function readElsewhere(folder: string): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [
      ...['--read', folder],
      ...['--memory-limit', values['memory-limit']],
    ]);
    let reading: Reading | null = null;
    child.once('message', (message) => (reading = message as Reading));
    child.once('exit', (code) =>
      reading ? resolve(reading) : reject(new Error(`the reading process ended with ${code}`)),
    );
  });
}

async function read(folder: string): Promise<Reading> {
  const log = createEventLog({ folder, memoryLimit: values['memory-limit'] });
  const startedAtMs = performance.now();
  const frame = await log.readEvents({ eventTypes: EVENT_TYPES });
  const durationMs = performance.now() - startedAtMs;
  await log.close();
  let oldestFirst = true;
  for (let row = 1; row < frame.count && oldestFirst; row += 1)
    oldestFirst = frame.timesMs[row] >= frame.timesMs[row - 1];
  return {
    ...{ rowCount: frame.count, userCount: frame.userIds.length, durationMs, oldestFirst },
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

if (values.read === '') await main();
else process.send?.(await read(values.read));
