import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  ordinal,
  releaseVersion,
  slateId,
  surfaceName,
  userId,
  type ServedSlate,
  type SlateTrace,
} from '@winnow/domain';
import { loggedEvent } from '@winnow/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEventLog, type EventLog } from './duckdb-event-log';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);

const slateOf = (id: string, extra: Partial<ServedSlate> = {}): ServedSlate => ({
  slateId: slateId(id),
  userId: userId('u1'),
  sessionId: '',
  surface: surfaceName('home'),
  release: releaseVersion('20260101T000000Z-000001'),
  servedAtMs: START_MS,
  degraded: [],
  arms: [],
  items: [{ ordinal: ordinal(7), position: 0, score: 0.1, sources: ['two-tower', 'trending'] }],
  ...extra,
});

/** Three candidates of which two were scored by the heavy ranker, with two heads and three features. */
const trace: SlateTrace = {
  query: {
    interactions: [{ ordinal: ordinal(4), eventType: 1, timeMs: START_MS - 5, value: 0.5 }],
    seedOrdinals: [ordinal(9)],
    context: { device: 'phone', note: `it's "quoted"` },
    hasQueryVector: true,
  },
  userStateAsOf: '1700000000000-3',
  featuresAsOf: { events: '1700000000001-0', catalog: '0' },
  removed: [{ filter: 'seen', count: 12 }],
  heads: ['click', 'buy'],
  featureNames: ['a', 'b', 'c'],
  candidates: {
    ordinals: Uint32Array.of(7, 4_294_967_295, 3),
    lightScores: Float32Array.of(0.5, -0.25, NaN),
    heavyScores: Float32Array.of(0.1, 0.2),
    headValues: Float32Array.of(0.1, 0.2, 0.3, 0.4),
    features: Float32Array.of(1.1, -2.2, 1e-7, 4, 5, 3.4e38),
    provenance: {
      candidates: Uint32Array.of(0, 0, 2),
      sources: Uint8Array.of(0, 1, 0),
      sourceNames: ['two-tower', 'trending'],
      ranks: Uint32Array.of(0, 12, 3),
      scores: Float32Array.of(0.9, 0.1, 0.7),
    },
  },
};

async function collected<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

describe('the served-slate log', () => {
  let folder: string;
  let log: EventLog;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'winnow-slate-log-'));
    log = createEventLog({ folder });
  });
  afterEach(async () => {
    await log.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ids = async (window = {}): Promise<string[]> =>
    (await collected(log.slates.stream(window))).map(({ slateId: id }) => id);

  it('is empty at first, and takes empty batches', async () => {
    await log.slates.append([]);
    expect(await ids()).toEqual([]);
    expect(await collected(log.slates.sampleTraced({ countMax: 5 }))).toEqual([]);
  });

  it('gives back every field of a slate, what was left to chance included', async () => {
    const full = slateOf('full', {
      userId: userId('O\'Neil "x"'),
      sessionId: 's1',
      degraded: ['light-ranker'],
      arms: [{ experiment: 'wider', arm: 'wide' }],
      items: [
        { ordinal: ordinal(7), position: 20, score: 1 / 3, sources: [] },
        {
          ...{ ordinal: ordinal(8), position: 21, score: -2, sources: ['fresh'] },
          exploration: {
            ...{ policy: 'epsilon-greedy', propensity: 0.1, ordinals: [ordinal(9), ordinal(8)] },
            ...{ scores: [1 / 7, 0.2], propensities: [0.9, 0.1] },
          },
        },
      ],
    });
    await log.slates.append([full, slateOf('bare', { servedAtMs: START_MS - 1 })]);
    expect(await collected(log.slates.stream())).toEqual([
      slateOf('bare', { servedAtMs: START_MS - 1 }),
      full,
    ]);
  });

  it('gives back a trace to the last bit, and reads slates without it otherwise', async () => {
    await log.slates.append([slateOf('traced', { trace }), slateOf('plain')]);
    expect(await collected(log.slates.sampleTraced({ countMax: 5 }))).toEqual([slateOf('traced', { trace })]);
    expect(await collected(log.slates.stream())).toEqual([slateOf('plain'), slateOf('traced')]);
  });

  it('keeps a trace of a request that the heavy ranker did not answer', async () => {
    const { candidates } = trace;
    const degraded: SlateTrace = {
      ...trace,
      ...{ userStateAsOf: null, featuresAsOf: null, heads: [], featureNames: [] },
      candidates: {
        ...candidates,
        ...{
          heavyScores: new Float32Array(0),
          headValues: new Float32Array(0),
          features: new Float32Array(0),
        },
      },
    };
    await log.slates.append([slateOf('degraded', { trace: degraded })]);
    const [read] = await collected(log.slates.sampleTraced({ countMax: 1 }));
    expect(read.trace).toEqual(degraded);
  });

  it('shows a slate once however often it was delivered, in the window that was asked for', async () => {
    const later = slateOf('later', { servedAtMs: START_MS + DAY_MS });
    await log.slates.append([slateOf('a'), slateOf('a'), later]);
    await log.slates.append([slateOf('a')]);
    expect(await ids()).toEqual(['a', 'later']);
    expect(await ids({ fromMs: START_MS + 1 })).toEqual(['later']);
    expect(await ids({ toMs: START_MS + DAY_MS })).toEqual(['a']);
  });

  it('draws the same sample of the same traces, of at most the number asked for', async () => {
    const all = Array.from({ length: 60 }, (_, index) =>
      slateOf(`s${index}`, { servedAtMs: START_MS + index, trace }),
    );
    await log.slates.append(all);
    const draw = async (): Promise<string[]> =>
      (await collected(log.slates.sampleTraced({ countMax: 55 }))).map(({ slateId: id }) => id);
    const drawn = await draw();
    expect(drawn).toHaveLength(55);
    expect(await draw()).toEqual(drawn);
    expect([...drawn].sort((one, other) => Number(one.slice(1)) - Number(other.slice(1)))).toEqual(drawn);
  });

  it('loses what was served to an erased user, and counts it', async () => {
    await log.appendEvents([loggedEvent('e1')]);
    await log.slates.append([slateOf('gone', { trace }), slateOf('kept', { userId: userId('u2'), trace })]);
    await log.slates.append([slateOf('gone too', { servedAtMs: START_MS + DAY_MS })]);
    expect(await log.eraseUser(userId('u1'))).toBe(3);
    expect(await ids()).toEqual(['kept']);
    expect(await collected(log.slates.sampleTraced({ countMax: 5 }))).toHaveLength(1);
  });

  it('is compacted with the events: fewer parts, the same slates, each once', async () => {
    for (let index = 0; index < 4; index += 1)
      await log.slates.append([slateOf(`s${index}`), slateOf('again')]);
    const before = await ids();
    const report = await log.compact({ partCountMin: 2 });
    expect(report).toEqual({ partCountBefore: 4, partCountAfter: 1, droppedCount: 3 });
    expect(await ids()).toEqual(before);
  });

  it('forgets whole days', async () => {
    for (let day = 0; day < 3; day += 1)
      await log.slates.append([slateOf(`d${day}`, { servedAtMs: START_MS + day * DAY_MS })]);
    expect(await log.slates.removeBefore(START_MS + 2 * DAY_MS + 5)).toBe(2);
    expect(await ids()).toEqual(['d2']);
  });

  it('is plain Parquet: SQL finds scores, features and provenance by name', async () => {
    await log.slates.append([slateOf('traced', { trace }), slateOf('plain')]);
    expect(await readdir(join(folder, 'slates'))).toEqual(['day=2026-01-01']);
    const connection = await (await DuckDBInstance.create()).connect();
    const query = async (sql: string): Promise<unknown[][]> =>
      (await connection.runAndReadAll(sql.replace('$log', `'${folder}/slates/*/*.parquet'`))).getRows();
    expect(
      await query(
        `SELECT candidate.ordinal, candidate.features[list_position(feature_names, 'b')], len(candidate.provenance)::INTEGER
         FROM (SELECT trace.feature_names, unnest(trace.candidates) AS candidate FROM $log WHERE traced)`,
      ),
    ).toEqual([
      [7, Math.fround(-2.2), 2],
      [4_294_967_295, 5, 0],
      [3, null, 1],
    ]);
    expect(
      await query(
        `SELECT day::VARCHAR, schema_version, item.ordinal, item.position
         FROM (SELECT day, schema_version, unnest(items) AS item FROM $log WHERE NOT traced)`,
      ),
    ).toEqual([['2026-01-01', 1, 7, 0]]);
    connection.closeSync();
  });

  it('says its schema version, and is refused by who does not know that version', async () => {
    await log.slates.append([slateOf('s1')]);
    const days = join(folder, 'slates', 'day=2026-01-01');
    const [part] = await readdir(days);
    const connection = await (await DuckDBInstance.create()).connect();
    const rows = await connection.runAndReadAll(
      `SELECT decode(key), decode(value) FROM parquet_kv_metadata('${join(days, part)}') ORDER BY 1`,
    );
    expect(rows.getRows()).toContainEqual(['winnow.schema', 'slates']);
    expect(rows.getRows()).toContainEqual(['winnow.schema_version', '1']);
    await connection.run(
      `COPY (SELECT * FROM '${join(days, part)}') TO '${join(days, 'part-newer.parquet')}'
       (FORMAT parquet, KV_METADATA { 'winnow.schema': 'slates', 'winnow.schema_version': '2' })`,
    );
    connection.closeSync();
    await expect(ids()).rejects.toThrow(
      'has slates of schema version 2, and this Winnow reads up to 1: update it',
    );
  });

  it('counts what users were served since a release’s first slate, each slate once, without those of an experiment', async () => {
    const next = releaseVersion('20260102T000000Z-000002');
    const at = (id: string, user: string, hour: number, extra: Partial<ServedSlate> = {}): ServedSlate =>
      slateOf(id, { userId: userId(user), servedAtMs: START_MS + hour * 3_600_000, ...extra });
    const since = (fromMs: number, settleMs = 0) =>
      log.slates.usersServedSince({ release: next, fromMs, settleMs, except: ['pinning'] });
    expect((await since(0)).userIds).toEqual([]);
    await log.slates.append([
      at('before', 'early', 1),
      at('s1', 'ada', 2, { release: next }),
      at('s2', 'ada', 30, { release: next, degraded: ['light-ranker'] }),
      at('s3', 'ada', 31),
      at('s4', 'bob', 3),
      at('s5', 'eve', 4, { arms: [{ experiment: 'wider', arm: 'control' }] }),
      at('s6', 'eve', 5, { arms: [{ experiment: 'pinning', arm: 'control' }] }),
    ]);
    await log.slates.append([at('s3', 'ada', 31), at('s7', "o'neil", 6)]);
    expect(await since(START_MS)).toEqual({
      userIds: ['ada', 'bob', "o'neil"],
      firstAtMs: Float64Array.of(START_MS + 7_200_000, START_MS + 10_800_000, START_MS + 21_600_000),
      slateCounts: Float64Array.of(3, 1, 1),
      degradedCounts: Float64Array.of(1, 0, 0),
      releaseCounts: Float64Array.of(2, 0, 0),
    });
    expect((await since(START_MS, 3_700_000)).userIds).toEqual(['ada', "o'neil"]);
    expect((await since(START_MS + DAY_MS)).userIds).toEqual(['ada']);
    expect((await since(START_MS + 2 * DAY_MS)).userIds).toEqual([]);
  });
});
