import {
  releaseVersion,
  userId,
  type ArmDescription,
  type ExperimentDescription,
  type SurfaceOverride,
} from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { ArmAssigner, armOf } from './arm-assigner';
import { unitPosition } from './unit-position';

const USERS = Array.from({ length: 20_000 }, (_, index) => userId(`user-${index}`));

const arm = (
  name: string,
  override?: SurfaceOverride,
  extra: Partial<ArmDescription> = {},
): ArmDescription => ({
  ...{ name, weight: 1, surfaces: override ? [{ surface: 'home', override }] : [] },
  ...extra,
});

const experiment = (extra: Partial<ExperimentDescription> = {}): ExperimentDescription => ({
  ...{ name: 'wider', layer: 'retrieval', traffic: [0, 1] },
  arms: [arm('control'), arm('wide', { lightKeepCount: 400 })],
  ...extra,
});

const assignerOf = (experiments: readonly ExperimentDescription[], holdoutShare = 0): ArmAssigner =>
  new ArmAssigner({ experiments: { holdoutShare, experiments } });

/** Pearson's statistic of observed counts against expected ones. */
const chiSquare = (observed: readonly number[], expected: readonly number[]): number =>
  observed.reduce((sum, count, index) => sum + (count - expected[index]) ** 2 / expected[index], 0);

/** Shares of this many users stray by less than this, but for one time in a hundred thousand. */
const closeTo = (expected: number): unknown =>
  expect.closeTo(expected, -Math.log10(2 * 4.4 * Math.sqrt((expected * (1 - expected)) / USERS.length)));

const share = (test: (user: (typeof USERS)[number]) => boolean): number =>
  USERS.filter(test).length / USERS.length;

describe('a unit’s position', () => {
  it('is the start of SHA-256 of salt/unit, so that other languages agree', () => {
    // printf 'layer:retrieval/u1' | sha256sum
    expect(Math.floor(unitPosition('layer:retrieval', 'u1') * 2 ** 24).toString(16)).toBe('6bc6b2');
  });

  it('is uniform', () => {
    const counts = new Array<number>(20).fill(0);
    for (const user of USERS) counts[Math.floor(unitPosition('salt', user) * 20)] += 1;
    // 99.9th percentile of χ² with 19 degrees of freedom.
    expect(
      chiSquare(
        counts,
        counts.map(() => USERS.length / 20),
      ),
    ).toBeLessThan(43.8);
  });
});

describe('assignment', () => {
  it('splits users by the arms’ weights', () => {
    const arms = [arm('control', undefined, { weight: 3 }), arm('wide', { lightKeepCount: 9 })];
    const wide = share((user) => armOf(experiment({ arms }), user).name === 'wide');
    expect(wide).toEqual(closeTo(0.25));
  });

  it('is independent between layers', () => {
    const one = experiment();
    const other = experiment({ name: 'other', layer: 'ranking' });
    const counts = [0, 0, 0, 0];
    for (const user of USERS)
      counts[2 * Number(armOf(one, user).name === 'wide') + Number(armOf(other, user).name === 'wide')] += 1;
    // 99.9th percentile of χ² with 3 degrees of freedom.
    expect(
      chiSquare(
        counts,
        counts.map(() => USERS.length / 4),
      ),
    ).toBeLessThan(16.3);
  });

  it('moves nobody between arms when traffic grows', () => {
    const small = assignerOf([experiment({ traffic: [0, 0.2] })]);
    const large = assignerOf([experiment({ traffic: [0, 0.7] })]);
    const before = USERS.filter((user) => small.assign(user, 'home').arms.length > 0);
    expect(before.length / USERS.length).toEqual(closeTo(0.2));
    const moved = before.filter(
      (user) => large.assign(user, 'home').arms[0]?.arm !== small.assign(user, 'home').arms[0].arm,
    );
    expect(moved).toEqual([]);
    expect(share((user) => large.assign(user, 'home').arms.length > 0)).toEqual(closeTo(0.7));
  });

  it('gives no user two experiments of one layer', () => {
    const assigner = assignerOf([
      experiment({ traffic: [0, 0.5] }),
      experiment({ name: 'second', traffic: [0.5, 1] }),
    ]);
    expect(share((user) => assigner.assign(user, 'home').arms.length === 1)).toBe(1);
  });

  it('keeps the same users out of every experiment of every layer', () => {
    const assigner = assignerOf([experiment(), experiment({ name: 'other', layer: 'ranking' })], 0.02);
    const out = USERS.filter((user) => assigner.isHeldOut(user));
    expect(out.length / USERS.length).toEqual(closeTo(0.02));
    const armCount = (user: (typeof USERS)[number]): number => assigner.assign(user, 'home').arms.length;
    expect(share((user) => armCount(user) === (assigner.isHeldOut(user) ? 0 : 2))).toBe(1);
  });
});

describe('exposure', () => {
  it('counts where an arm could matter, for control and treatment alike', () => {
    const assigner = assignerOf([experiment()]);
    const arms = new Set(USERS.map((user) => assigner.assign(user, 'home').arms[0]?.arm));
    expect(arms).toEqual(new Set(['control', 'wide']));
    for (const user of USERS.slice(0, 100)) expect(assigner.assign(user, 'similar').arms).toEqual([]);
  });

  it('counts everywhere when an arm pins a release', () => {
    const next = releaseVersion('20261121T070000Z-1a2b3c');
    const assigner = assignerOf([
      experiment({ arms: [arm('now'), arm('next', undefined, { release: next })] }),
    ]);
    for (const user of USERS.slice(0, 100)) {
      const { arms, pinned } = assigner.assign(user, 'similar');
      expect(pinned?.release).toBe(arms[0].arm === 'next' ? next : undefined);
    }
  });

  it('stops at once when an experiment is switched off', () => {
    const off = new Set<string>();
    const assigner = new ArmAssigner({
      experiments: { holdoutShare: 0, experiments: [experiment()] },
      isOff: (name) => off.has(name),
    });
    expect(assigner.assign(USERS[0], 'home').arms).toHaveLength(1);
    off.add('wider');
    expect(assigner.assign(USERS[0], 'home')).toEqual({
      arms: [],
      variant: '',
      pinned: null,
      comparesReleases: false,
    });
  });

  it('names the variant of the surface that the arms make, the same in whatever order they stand', () => {
    const quick = experiment({
      name: 'quick',
      layer: 'ranking',
      arms: [arm('control'), arm('low', { budgets: { heavyRankMs: 20 } })],
    });
    const [assigner, turned] = [assignerOf([experiment(), quick]), assignerOf([quick, experiment()])];
    const variants = new Set(USERS.slice(0, 200).map((user) => assigner.assign(user, 'home').variant));
    expect(variants).toEqual(new Set(['', 'quick=low', 'wider=wide', 'quick=low&wider=wide']));
    for (const user of USERS.slice(0, 200))
      expect(turned.assign(user, 'home').variant).toBe(assigner.assign(user, 'home').variant);
  });
});
