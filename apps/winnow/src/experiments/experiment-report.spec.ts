import {
  seededRandom,
  userId,
  type EventColumns,
  type ExperimentDescription,
  type Exposure,
} from '@winnow/domain';
import { ArmAssigner } from '@winnow/experiments';
import { parseDescription } from '@winnow/platform';
import { describe, expect, it } from 'vitest';
import { readExperimentReport } from './read-experiment-report';
import { readHoldoutReport } from './read-holdout-report';
import { renderReport } from './render-report';

const DAY_MS = 86_400_000;
const START_MS = 50 * DAY_MS;
const USERS = 1_000;

const description = parseDescription(
  `
namespace: shop
items: { attributes: { title: text } }
events: { buy: { sentiment: positive }, hide: { sentiment: negative } }
objectives: { buy: { event: buy, weight: 1 } }
experiments:
  layers: { ranking: { wider: { arms: { now: {}, wide: { surfaces: { home: { lightKeepCount: 400 } } } } } } }
`,
  'winnow.yaml',
);
const [experiment] = description.experiments!.experiments as readonly [ExperimentDescription];

/** Every other user is in `wide`, where twice as many buy. */
function log(): EventColumns {
  const random = seededRandom(2);
  const rows: { user: number; eventType: number; timeMs: number }[] = [];
  for (let user = 0; user < USERS; user += 1) {
    for (let shown = 0; shown < 5; shown += 1) rows.push({ user, eventType: 2, timeMs: START_MS + 1 });
    if (random() < 0.1 * (1 + (user % 2))) rows.push({ user, eventType: 0, timeMs: START_MS + DAY_MS });
    if (random() < 0.1) rows.push({ user, eventType: 0, timeMs: START_MS - DAY_MS });
  }
  return {
    count: rows.length,
    users: Uint32Array.from(rows, ({ user }) => user),
    ordinals: new Uint32Array(rows.length),
    eventTypes: Uint8Array.from(rows, ({ eventType }) => eventType),
    timesMs: Float64Array.from(rows, ({ timeMs }) => timeMs),
    values: new Float32Array(rows.length).fill(1),
    userIds: Array.from({ length: USERS }, (_, user) => `u${user}`),
  };
}

const exposuresOf = (count: number): readonly Exposure[] =>
  Array.from({ length: count }, (_, user) => ({
    ...{ userId: userId(`u${user}`), firstAtMs: START_MS },
    arm: user % 2 === 0 ? 'now' : 'wide',
  }));

async function report(exposures: readonly Exposure[]) {
  const asked: { readonly eventTypes: readonly string[]; readonly fromMs?: number }[] = [];
  const result = await readExperimentReport({
    ...{ description, experiment, covariateDays: 14, alpha: 0.05 },
    store: {
      servedSlates: {
        exposures: async function* (name: string) {
          expect(name).toBe('wider');
          yield exposures.slice(0, 300);
          yield exposures.slice(300);
        },
      },
    },
    eventLog: {
      readEvents: async (window) => {
        asked.push(window);
        return log();
      },
    },
  });
  return { result, asked };
}

describe('winnow experiment report', () => {
  it('reads the log from the days before the first exposure on, impressions too', async () => {
    const { asked } = await report(exposuresOf(USERS));
    expect(asked).toEqual([{ eventTypes: ['buy', 'hide', 'impression'], fromMs: START_MS - 14 * DAY_MS }]);
  });

  it('finds what an arm did, and prints a line a metric', async () => {
    const { result } = await report(exposuresOf(USERS));
    expect(result.sampleRatio.sound).toBe(true);
    const buys = result.metrics.find(({ metric }) => metric === 'users with buy')!;
    expect(buys.effect.interval.low).toBeGreaterThan(0);
    expect(buys.effect.interval.low).toBeLessThan(0.1);
    expect(buys.effect.interval.high).toBeGreaterThan(0.1);
    const text = renderReport(result);
    expect(text).toContain('users: now 500, wide 500');
    expect(text).toContain('split: sound');
    expect(text).toMatch(/^buy per impression +wide/m);
  });

  it('draws no conclusion from one user an arm', async () => {
    const { result } = await report(exposuresOf(2));
    expect(result.metrics.every(({ effect }) => Number.isNaN(effect.sequential.pValue))).toBe(true);
    expect(renderReport(result)).not.toMatch(/NaN|0\.0001/);
  });

  it('says so when nobody has been exposed', async () => {
    const { result } = await report([]);
    expect(renderReport(result)).toBe('wider: nobody has been exposed yet');
  });
});

describe('winnow experiment report holdout', () => {
  it('says so when nobody is held out', async () => {
    const reading = readHoldoutReport({
      ...{ description, covariateDays: 0, alpha: 0.05, nowMs: START_MS, days: 10 },
      experiments: { ...description.experiments!, holdoutShare: 0 },
      eventLog: { readEvents: async () => log() },
    });
    await expect(reading).rejects.toThrow('nobody is held out');
  });

  it('compares who is in no experiment with everybody else, from the first thing each did in the days asked for', async () => {
    const experiments = { ...description.experiments!, holdoutShare: 0.1 };
    const read = (nowMs: number) =>
      readHoldoutReport({
        ...{ description, experiments, covariateDays: 0, alpha: 0.05, nowMs, days: 10 },
        eventLog: { readEvents: async () => log() },
      });
    const { arms, control, sampleRatio, exposures } = await read(START_MS + 5 * DAY_MS);
    const assigner = new ArmAssigner({ experiments });
    const heldOut = Array.from({ length: USERS }, (_, user) => userId(`u${user}`)).filter((id) =>
      assigner.isHeldOut(id),
    );
    expect(control).toBe('holdout');
    expect(arms.map(({ userCount }) => userCount)).toEqual([heldOut.length, USERS - heldOut.length]);
    expect(sampleRatio.sound).toBe(true);
    expect(exposures?.fromMs).toBe(START_MS - DAY_MS);
    expect((await read(START_MS + 30 * DAY_MS)).exposures).toBeNull();
  });
});
