import { itemId, ok, ordinal } from '@winnow/domain';
import type { Description, Ranker, RankRequest } from '@winnow/domain';
import { ItemTable, PointInTimeReplay } from '@winnow/features';
import type { RankingFeatures } from '@winnow/features';
import { describe, expect, it } from 'vitest';
import type { RunFrame } from '../frame';
import { driftReference } from './drift-reference';
import { driftRows } from './drift-rows';
import type { Observations } from './log-observations';
import { observeLog } from './log-observations';
import { RankerObserver } from './ranker-observer';
import { united, usualMovement } from './usual-movement';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const description = {
  items: { attributes: [{ name: 'genre', type: 'category' }] },
  events: [
    { name: 'view', sentiment: 'neutral', value: 0 },
    { name: 'buy', sentiment: 'positive', value: 1 },
  ],
  training: { historyCountMax: 5, trendingHalfLifeHours: [24, 48] },
} as unknown as Description;

function catalogue(): ItemTable {
  const items = new ItemTable(description.items.attributes);
  for (let number = 0; number < 4; number += 1)
    items.upsert({
      ...{ ordinal: ordinal(number), itemId: itemId(`i${number}`), available: true, firstSeenAtMs: 0 },
      attributes: { genre: number < 2 ? 'drama' : 'horror' },
    });
  return items;
}

/** [user, item, type, hours] */
function frameOf(rows: readonly (readonly [number, number, number, number])[]): RunFrame {
  const users = 1 + Math.max(...rows.map(([user]) => user));
  return {
    userAttributes: [],
    events: {
      count: rows.length,
      users: Uint32Array.from(rows, ([user]) => user),
      ordinals: Uint32Array.from(rows, ([, item]) => item),
      eventTypes: Uint8Array.from(rows, ([, , type]) => type),
      timesMs: Float64Array.from(rows, ([, , , hours]) => hours * HOUR_MS),
      values: new Float32Array(rows.length).fill(1),
      userIds: Array.from({ length: users }, (_, user) => `u${user}`),
    },
  };
}

describe('what a day of the log says', () => {
  const frame = frameOf([
    [0, 0, 1, 6],
    [1, 0, 1, 12],
    [0, 2, 0, 30],
    [0, 0, 1, 31],
    [2, 3, 1, 36],
    [0, 3, 1, 72],
  ]);
  const replay = new PointInTimeReplay({ events: frame.events, description });
  const seen = observeLog({
    ...{ description, items: catalogue(), frame, replay, fromMs: DAY_MS, toMs: 2 * DAY_MS },
  });

  it('counts events by type, and what was chosen by category', () => {
    expect(seen['event type']).toMatchObject({
      sampleCount: 2,
      countOf: new Map(Object.entries({ view: 1, buy: 2 })),
    });
    expect(seen['genre of what is chosen']).toMatchObject({
      countOf: new Map(Object.entries({ drama: 1, horror: 1 })),
    });
  });

  it('takes people as they were when they came, and items as they were before', () => {
    expect(seen['interactions before']).toMatchObject({ values: [1, 0] });
    expect(seen['hours since last event']).toMatchObject({ values: [24] });
    expect(seen['events a day']).toMatchObject({ values: [2, 1] });
    expect(seen['times chosen before']).toMatchObject({ values: [2, 0] });
    expect(seen['days since first chosen']).toMatchObject({ values: [25 / 24, 0] });
  });

  it('leaves the replay at its end', () => {
    expect(replay.visibleEventCount).toBe(5);
  });
});

describe('the observer before a ranker', () => {
  const request = { ordinals: Uint32Array.of(4, 7) } as unknown as RankRequest;
  const ranker: Ranker = {
    rank: async ({ release }) =>
      ok({ release, scores: Float32Array.of(3, 4), heads: ['buy'], headValues: Float32Array.of(0.5, 0.25) }),
  };
  const features = {
    ...{ names: ['age', 'fame'], count: 2 },
    compute: (_query: unknown, _vector: unknown, ordinals: Uint32Array) =>
      Float32Array.from([...ordinals].flatMap((item) => [item, 10 * item])),
  } as unknown as RankingFeatures;

  it('passes on the answer and notes features, score and predictions of each candidate', async () => {
    const observer = new RankerObserver(ranker, features);
    const context = { deadlineAtMs: Infinity, requestId: '' };
    expect(await observer.rank(request, context)).toEqual(await ranker.rank(request, context));
    await observer.rank(request, context);
    expect(observer.observations()).toEqual({
      score: { kind: 'number', values: [3, 4, 3, 4], sampleCount: 2 },
      'prediction: buy': { kind: 'number', values: [0.5, 0.25, 0.5, 0.25], sampleCount: 2 },
      'feature: age': { kind: 'number', values: [4, 7, 4, 7], sampleCount: 2 },
      'feature: fame': { kind: 'number', values: [40, 70, 40, 70], sampleCount: 2 },
    });
    observer.reset();
    expect(observer.observations()).toEqual({});
  });
});

describe('a release’s reference', () => {
  /** Forty people a day who buy dramas; on the last day, horror. */
  const rows = Array.from({ length: 10 * 40 }, (_, index) => {
    const day = Math.floor(index / 40);
    return [index % 40, day < 9 ? index % 2 : 2 + (index % 2), 1, 24 * day + (index % 40) / 2] as const;
  });
  const window = { description, items: catalogue() };
  const training = frameOf(rows.slice(0, 8 * 40));
  const reference = driftReference({ ...window, frame: training }, []);

  it('is of the newest week, and survives being written as JSON', () => {
    expect([reference.fromMs / DAY_MS, Math.ceil(reference.toMs / DAY_MS)]).toEqual([1, 8]);
    expect(reference.distributions['genre of what is chosen'].sampleCount).toBe(7 * 40);
    expect(JSON.parse(JSON.stringify(reference))).toEqual(reference);
  });

  it('tells a day like those of training from one on which taste has changed', () => {
    const frame = frameOf(rows);
    const replay = new PointInTimeReplay({ events: frame.events, description });
    const levels = [8, 9].map((day) => {
      const fromMs = day * DAY_MS;
      const observations = observeLog({ ...window, frame, replay, fromMs, toMs: fromMs + DAY_MS });
      const found = driftRows(reference, { dayMs: fromMs, observations });
      return found.find(({ feature }) => feature === 'genre of what is chosen')?.level;
    });
    expect(levels).toEqual(['stable', 'major']);
  });

  it('knows what moves by nature: items that are a day older than yesterday are no news', () => {
    const frame = frameOf(rows);
    const replay = new PointInTimeReplay({ events: frame.events, description });
    const day = { ...window, frame, replay, fromMs: 8 * DAY_MS, toMs: 9 * DAY_MS };
    const observations = observeLog(day);
    const levelOf = (from: typeof reference): string | undefined =>
      driftRows(from, { dayMs: day.fromMs, observations }).find(
        ({ feature }) => feature === 'days since first chosen',
      )?.level;
    expect(levelOf(reference)).toBe('stable');
    expect(levelOf({ ...reference, usualPsi: undefined })).toBe('major');
    expect(reference.usualPsi?.['genre of what is chosen']).toBeLessThan(0.05);
  });
});

describe('the usual movement', () => {
  const dayOf = (shift: number): Observations => ({
    age: {
      kind: 'number',
      values: Array.from({ length: 100 }, (_, value) => value + shift),
      sampleCount: 100,
    },
    genre: { kind: 'category', countOf: new Map([['drama', 60]]), sampleCount: 60 },
  });

  it('is the greatest of the newest three days, each beside those before it', () => {
    const usual = usualMovement([0, 0, 90, 90, 90].map(dayOf), { dayCountBefore: 1 });
    expect(usual['age']).toBeGreaterThan(1);
    expect(usualMovement([0, 90, 90, 90, 90].map(dayOf), { dayCountBefore: 1 })['age']).toBeLessThan(0.01);
    expect(usual['genre']).toBe(0);
  });

  it('is nothing that anybody knows with a single day, or with too few samples', () => {
    expect(usualMovement([dayOf(0)], { dayCountBefore: 7 })).toEqual({});
    const few: Observations = { age: { kind: 'number', values: [1, 2], sampleCount: 2 } };
    expect(usualMovement([few, few], { dayCountBefore: 7 })).toEqual({});
  });

  it('is of days put together, sample by sample', () => {
    expect(united([dayOf(0), dayOf(5)])).toMatchObject({
      age: { sampleCount: 200 },
      genre: { countOf: new Map([['drama', 120]]), sampleCount: 120 },
    });
  });
});
