import { DEFAULT_CANARY } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { CANARY, CURRENT, watchWorld, type CanaryWorld } from './canary-world.fixture';

const SEEDS = 20;
const { hoursMin, hoursMax, valueDropMax } = DEFAULT_CANARY;

const overSeeds = (world: Omit<CanaryWorld, 'seed'>) =>
  Array.from({ length: SEEDS }, (_, seed) => watchWorld({ ...world, seed: seed + 1 }));
const share = (watched: ReturnType<typeof overSeeds>, state: string): number =>
  watched.filter(({ report }) => report.state === state).length / watched.length;

describe('a canary that is better', () => {
  it('is promoted early, but not before hoursMin', () => {
    const watched = overSeeds({ userCount: 2_000, lift: 0.3 });
    expect(share(watched, 'promoted')).toBe(1);
    for (const { hours } of watched) expect(hours).toBeGreaterThanOrEqual(hoursMin);
    expect(watched.filter(({ hours }) => hours < hoursMax).length).toBeGreaterThan(0.9 * SEEDS);
  });

  it('has it all in its report', () => {
    const { report } = watchWorld({ seed: 1, userCount: 2_000, lift: 0.3 });
    expect(report).toMatchObject({ version: CANARY, current: CURRENT, state: 'promoted', formatVersion: 1 });
    expect(report.reason).toMatch(/^surely as good: value per user \+\d.* over \d+ and \d+ users$/);
    expect(report.sampleRatio.sound).toBe(true);
    expect(report.groups.canary.canarySlateShare).toBe(1);
    expect(report.groups.current.canarySlateShare).toBe(0);
    const { current, canary, difference, anyLook } = report.value;
    expect(canary! / current!).toBeGreaterThan(1.1);
    expect(anyLook!.low).toBeLessThan(difference!);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});

describe('a canary that is worse', () => {
  it('is dropped as soon as that is clear', () => {
    const watched = overSeeds({ userCount: 2_000, lift: -0.3 });
    expect(share(watched, 'dropped')).toBe(1);
    expect(watched.filter(({ hours }) => hours < hoursMax).length).toBeGreaterThan(0.9 * SEEDS);
    expect(watched[0].report.reason).toMatch(/^clearly worse: value per user -/);
  });

  it('is seldom promoted by whoever asks for the low end of the interval', () => {
    const watched = overSeeds({ userCount: 1_000, lift: -valueDropMax, settings: { decideBy: 'low' } });
    // Once in forty is what 95 % allow of such a canary; more than three of twenty would be one chance in a thousand.
    expect(share(watched, 'promoted')).toBeLessThanOrEqual(3 / SEEDS);
  });
});

describe('a canary that is as good', () => {
  it('is promoted in the end, mostly', () => {
    const watched = overSeeds({ userCount: 1_200, lift: 0 });
    expect(share(watched, 'promoted')).toBeGreaterThanOrEqual(0.9);
    expect(watched[0].report.state).toBe('promoted');
    expect(watched[0].hours).toBe(hoursMax);
    expect(watched[0].report.reason).toMatch(/^at most 5 % worse \(mean\): value per user /);
  });

  it('is promoted by the low end, too, where there are users enough to know', () => {
    const { report } = watchWorld({ seed: 2, userCount: 12_000, lift: 0, settings: { decideBy: 'low' } });
    expect(report.state).toBe('promoted');
  });
});

describe('what decides nothing', () => {
  const states = (world: Partial<CanaryWorld>) =>
    watchWorld({ seed: 3, userCount: 2_000, lift: 0.3, ...world });

  it('too few users: waits until hoursMax, and is not promoted then', () => {
    const { report, hours } = states({ userCount: 150 });
    expect(hours).toBe(hoursMax);
    expect(report).toMatchObject({
      state: 'dropped',
      reason: expect.stringMatching(/^undecided at the end: \d+ users/),
    });
  });

  it('nobody at all', () => {
    const { report, hours } = states({ userCount: 0 });
    expect(hours).toBe(hoursMax);
    expect(report.state).toBe('dropped');
    expect(report.value).toMatchObject({ current: null, canary: null, interval: null, anyLook: null });
  });

  it('a group that is not the share that was asked for', () => {
    const { report, hours } = states({ lostShare: 0.3 });
    expect(hours).toBe(hoursMax);
    expect(report).toMatchObject({ state: 'dropped', sampleRatio: { sound: false } });
    expect(report.reason).toContain('are not its share');
  });

  it('a canary that its users were hardly served', () => {
    const { report, hours } = states({ canarySlateShare: 0.5 });
    expect(hours).toBe(hoursMax);
    expect(report.reason).toContain('only 50 % of its users’ slates are the canary’s');
  });
});

describe('a canary whose slates are degraded', () => {
  it('is dropped at once, however much its users do', () => {
    const { report, hours } = watchWorld({ seed: 4, userCount: 2_000, lift: 0.3, degradedShare: 0.2 });
    expect(report.state).toBe('dropped');
    expect(report.reason).toMatch(/^\d.* % of its slates are degraded, and 0 % of the others$/);
    expect(hours).toBeLessThan(hoursMax);
  });

  it('is dropped at once when every slate of it is and none of the others', () => {
    const { report, hours } = watchWorld({ seed: 5, userCount: 2_000, lift: 0, degradedShare: 1 });
    expect(report).toMatchObject({
      state: 'dropped',
      reason: '100 % of its slates are degraded, and 0 % of the others',
    });
    expect(hours).toBe(4);
  });
});
