import { userId, type EventColumns, type ExperimentDescription, type Exposure } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { buildExperimentReport } from './build-report';
import { metricDefinitions, reportedEventTypes } from './metric-definitions';

const DAY_MS = 86_400_000;
const START_MS = 100 * DAY_MS;

const experiment: ExperimentDescription = {
  ...{ name: 'wider', layer: 'retrieval', traffic: [0, 1] },
  arms: ['control', 'wide'].map((name) => ({ name, weight: 1, surfaces: [] })),
};
const described = [{ name: 'click', sentiment: 'positive' as const, value: 1, countsAsSeen: false }];
const exposure = (id: string, arm: string, firstAtMs = START_MS): Exposure => ({
  userId: userId(id),
  arm,
  firstAtMs,
});

/** Rows of user, event type, days since the start. */
function columns(rows: readonly (readonly [user: string, eventType: number, days: number])[]): EventColumns {
  const userIds = [...new Set(rows.map(([user]) => user))];
  return {
    count: rows.length,
    users: Uint32Array.from(rows, ([user]) => userIds.indexOf(user)),
    ordinals: new Uint32Array(rows.length),
    eventTypes: Uint8Array.from(rows, ([, eventType]) => eventType),
    timesMs: Float64Array.from(rows, ([, , days]) => START_MS + days * DAY_MS),
    values: new Float32Array(rows.length).fill(1),
    userIds,
  };
}

const report = (exposures: readonly Exposure[], events: EventColumns, covariateDays = 7) =>
  buildExperimentReport({
    ...{ experiment, exposures, events, covariateDays, alpha: 0.05 },
    metrics: metricDefinitions(described),
    eventTypeCount: reportedEventTypes(described).length,
  });

const exposures = [
  exposure('c1', 'control'),
  exposure('c2', 'control'),
  exposure('w1', 'wide', START_MS + DAY_MS),
  exposure('w2', 'wide'),
  exposure('gone', 'an arm of yesterday'),
];

describe('an experiment report', () => {
  it('counts what users did after they were exposed, each from their own moment on', () => {
    const {
      arms,
      metrics,
      exposures: span,
    } = report(
      exposures,
      columns([
        ['c1', 0, 1],
        ['c1', 0, 2],
        ['c1', 1, 1],
        ['c2', 1, 3],
        ['w1', 0, 0.5],
        ['w1', 0, 1.5],
        ['w2', 0, 0],
        ['w2', 0, 4],
        ['w2', 1, 4],
        ['w2', 1, 5],
        ['stranger', 0, 1],
        ['gone', 0, 1],
      ]),
      0,
    );
    expect(arms.map(({ userCount }) => userCount)).toEqual([2, 2]);
    expect(span).toEqual({ fromMs: START_MS, toMs: START_MS + DAY_MS });
    expect(metrics.map(({ metric, effect }) => [metric, effect.control, effect.treatment])).toEqual([
      ['click per user', 1, 1.5],
      ['users with click', 0.5, 1],
      ['click per impression', 1, 1.5],
    ]);
  });

  it('takes its covariate from the days before each user’s exposure', () => {
    const rows = exposures.flatMap(({ userId: id }, index) =>
      Array.from({ length: index + 1 }, (_, at) => [
        [id, 0, -1 - at / 10] as const,
        [id, 0, 2 + at / 10] as const,
        [id, 0, -30] as const,
      ]).flat(),
    );
    const [clicks] = report(exposures, columns(rows)).metrics;
    // Everybody goes on as before, so that the past explains all of the difference.
    expect(clicks.effect).toMatchObject({ control: 1.5, treatment: 3.5, varianceReduction: 1 });
    expect(clicks.effect.difference).toBeCloseTo(0);
  });

  it('says so when nobody was exposed, and leaves out what cannot be measured', () => {
    const empty = report([], columns([]));
    expect(empty).toMatchObject({ exposures: null, sampleRatio: { sound: true }, metrics: [] });
    const noImpressions = report(exposures, columns([['c1', 0, 1]])).metrics;
    expect(noImpressions.map(({ metric }) => metric)).toEqual(['click per user', 'users with click']);
  });
});
