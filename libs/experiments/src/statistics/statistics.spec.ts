import { gaussian, seededRandom, userId, type ExperimentDescription, type Random } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { armOf } from '../assignment/arm-assigner';
import { chiSquareTail, twoSidedNormalQuantile, twoSidedNormalTail } from './distributions';
import { effectOf, usersPerArm, type ArmOutcomes, type Effect } from './effect';
import { checkSampleRatio } from './sample-ratio';

const SEEDS = 500;
/** A count this far from what is expected of it would be seen once in a thousand runs of honest code. */
const band = (share: number, count: number): readonly [low: number, high: number] => {
  const half = 3.29 * Math.sqrt(count * share * (1 - share));
  return [count * share - half, count * share + half];
};

describe('distributions', () => {
  it('agree with the tables', () => {
    expect(chiSquareTail(3.841458820694124, 1)).toBeCloseTo(0.05, 10);
    expect(chiSquareTail(18.307038053275146, 10)).toBeCloseTo(0.05, 10);
    expect(chiSquareTail(2, 2)).toBeCloseTo(Math.exp(-1), 10);
    expect(twoSidedNormalTail(1.959963984540054)).toBeCloseTo(0.05, 10);
    expect(twoSidedNormalTail(6)).toBeCloseTo(1.973175290075e-9, 18);
    expect(twoSidedNormalQuantile(0.05)).toBeCloseTo(1.959963984540054, 9);
  });
});

/** A world of users who come more or less often, with one habit before and after: events a user, skewed. */
function population(
  random: Random,
  options: {
    readonly userCount: number;
    readonly armOfUser: (user: number) => number;
    readonly lift?: number;
  },
): readonly [control: ArmOutcomes, treatment: ArmOutcomes] {
  const columns = [0, 1].map(() => ({
    numerator: [] as number[],
    denominator: [] as number[],
    before: [] as number[],
  }));
  for (let user = 0; user < options.userCount; user += 1) {
    const arm = options.armOfUser(user);
    const habit = Math.exp(0.7 * gaussian(random));
    const impressions = 1 + Math.floor(8 * habit * random());
    const clicks = habit * (1 + arm * (options.lift ?? 0)) + 0.8 * gaussian(random);
    columns[arm].numerator.push(clicks);
    columns[arm].denominator.push(impressions);
    columns[arm].before.push(habit + 0.8 * gaussian(random));
  }
  const [control, treatment] = columns.map(({ numerator, denominator, before }) => ({
    numerator: Float64Array.from(numerator),
    denominator: Float64Array.from(denominator),
    before: Float64Array.from(before),
  }));
  return [control, treatment];
}

const VARIANTS = {
  mean: ({ numerator }: ArmOutcomes): ArmOutcomes => ({ numerator }),
  'mean with CUPED': ({ numerator, before }: ArmOutcomes): ArmOutcomes => ({ numerator, before }),
  ratio: ({ numerator, denominator }: ArmOutcomes): ArmOutcomes => ({ numerator, denominator }),
};

const experiment = (seed: number): ExperimentDescription => ({
  ...{ name: `aa-${seed}`, layer: 'one', traffic: [0, 1] },
  arms: [
    { name: 'control', weight: 1, surfaces: [] },
    { name: 'treatment', weight: 1, surfaces: [] },
  ],
});

describe('500 A/A experiments, users split by the assignment that serves', () => {
  const worlds = Array.from({ length: SEEDS }, (_, seed) => {
    const described = experiment(seed);
    return population(seededRandom(seed), {
      userCount: 800,
      armOfUser: (user) => Number(armOf(described, userId(`u${user}`)).name === 'treatment'),
    });
  });
  const [low, high] = band(0.05, SEEDS);

  it.each(Object.keys(VARIANTS) as (keyof typeof VARIANTS)[])(
    'are significant in about 5 % of seeds, by %s, and their intervals hold zero in the others',
    (name) => {
      const effects = worlds.map(([control, treatment]) =>
        effectOf(VARIANTS[name](control), VARIANTS[name](treatment)),
      );
      const significant = effects.filter(({ pValue }) => pValue < 0.05);
      expect(significant.length).toBeGreaterThan(low);
      expect(significant.length).toBeLessThan(high);
      const clear = effects.filter(({ interval }) => interval.low > 0 || interval.high < 0);
      expect(clear.length).toBe(significant.length);
    },
  );

  it('pass the sample-ratio check but for a few in a thousand', () => {
    const unsound = worlds.filter(
      (arms) =>
        !checkSampleRatio(arms.map(({ numerator }) => ({ userCount: numerator.length, weight: 1 }))).sound,
    );
    expect(unsound.length).toBeLessThanOrEqual(3);
  });
});

describe('an effect that cannot be judged', () => {
  const of = (...numerator: number[]): ArmOutcomes => ({ numerator: Float64Array.from(numerator) });

  it.each([
    ['of one user an arm', of(0), of(1)],
    ['of users who are all alike', of(0, 0), of(1, 1)],
    ['of users who are alike but for rounding', of(0.1, 0.1, 0.1), of(0.7, 0.7, 0.7)],
  ])('%s has no p-value and no interval, at one look or at any', (_what, control, treatment) => {
    const { difference, pValue, interval, relativeInterval, sequential } = effectOf(control, treatment);
    expect(difference).toBeGreaterThan(0);
    expect([pValue, sequential.pValue]).toEqual([NaN, NaN]);
    for (const { low, high } of [interval, relativeInterval, sequential.interval])
      expect([low, high]).toEqual([NaN, NaN]);
  });

  it('is none when all users of both arms are alike', () => {
    const { pValue, interval, sequential } = effectOf(of(1, 1, 1), of(1, 1));
    expect([pValue, sequential.pValue]).toEqual([1, 1]);
    expect([interval, sequential.interval]).toEqual([
      { low: 0, high: 0 },
      { low: 0, high: 0 },
    ]);
  });
});

describe('500 A/B experiments of a known effect', () => {
  const standardDeviation = 1;
  const difference = 0.2;
  const userCount = usersPerArm({ difference, standardDeviation, power: 0.8 });
  const normal = (random: Random, shift: number): ArmOutcomes => ({
    numerator: Float64Array.from({ length: userCount }, () => shift + standardDeviation * gaussian(random)),
  });
  const effects = Array.from({ length: SEEDS }, (_, seed) => {
    const random = seededRandom(10_000 + seed);
    return effectOf(normal(random, 5), normal(random, 5 + difference));
  });
  const count = (test: (effect: Effect) => boolean): number => effects.filter(test).length;

  it('need as many users as the textbook says', () => {
    // 2 · (1.96 + 0.8416)² / 0.2²
    expect(userCount).toBe(393);
  });

  it('are significant in about the share of seeds that they were designed for', () => {
    const [low, high] = band(0.8, SEEDS);
    expect(count(({ pValue }) => pValue < 0.05)).toBeGreaterThan(low);
    expect(count(({ pValue }) => pValue < 0.05)).toBeLessThan(high);
  });

  it('have the true effect within 95 % of their intervals, absolute and relative, and nearly all sequential ones', () => {
    const [low, high] = band(0.95, SEEDS);
    const inside = ({ low: from, high: to }: Effect['interval'], truth: number): boolean =>
      from <= truth && truth <= to;
    for (const covered of [
      count(({ interval }) => inside(interval, difference)),
      count(({ relativeInterval }) => inside(relativeInterval, difference / 5)),
    ]) {
      expect(covered).toBeGreaterThan(low);
      expect(covered).toBeLessThan(high);
    }
    expect(count(({ sequential }) => inside(sequential.interval, difference))).toBeGreaterThan(0.95 * SEEDS);
  });
});

describe('CUPED', () => {
  it('finds the same effect with less variance', () => {
    const effects = Array.from({ length: 100 }, (_, seed) => {
      const [control, treatment] = population(seededRandom(seed), {
        ...{ userCount: 1_000, lift: 0.2 },
        armOfUser: (user) => user % 2,
      });
      const plain = VARIANTS.mean;
      return [
        effectOf(plain(control), plain(treatment)),
        effectOf(...([control, treatment].map(VARIANTS['mean with CUPED']) as [ArmOutcomes, ArmOutcomes])),
      ];
    });
    const mean = (of: (pair: Effect[]) => number): number =>
      effects.reduce((sum, pair) => sum + of(pair), 0) / 100;
    // E[habit] of the lognormal is exp(0.7² / 2).
    const truth = 0.2 * Math.exp(0.245);
    expect(mean(([plain]) => plain.difference)).toBeCloseTo(truth, 1);
    expect(mean(([, cuped]) => cuped.difference)).toBeCloseTo(truth, 1);
    expect(mean(([, cuped]) => cuped.varianceReduction)).toBeGreaterThan(0.25);
    expect(mean(([plain]) => plain.varianceReduction)).toBe(0);
  });
});

describe('looking again and again', () => {
  const LOOKS = 20;
  const USERS_PER_LOOK = 100;
  const ever = Array.from({ length: 300 }, (_, seed) => {
    const random = seededRandom(20_000 + seed);
    const draws = [0, 1].map(() =>
      Float64Array.from({ length: LOOKS * USERS_PER_LOOK }, () => gaussian(random)),
    );
    const looks = Array.from({ length: LOOKS }, (_unused, look) =>
      effectOf(
        { numerator: draws[0].subarray(0, (look + 1) * USERS_PER_LOOK) },
        { numerator: draws[1].subarray(0, (look + 1) * USERS_PER_LOOK) },
      ),
    );
    return {
      fixed: looks.some(({ pValue }) => pValue < 0.05),
      sequential: looks.some(({ sequential }) => sequential.pValue < 0.05),
      agree: looks.every(
        ({ sequential: { pValue, interval } }) => pValue < 0.05 === (interval.low > 0 || interval.high < 0),
      ),
    };
  });

  it('fools the fixed test, and not the sequential one, whose interval says the same', () => {
    expect(ever.filter(({ fixed }) => fixed).length).toBeGreaterThan(0.15 * ever.length);
    expect(ever.filter(({ sequential }) => sequential).length).toBeLessThanOrEqual(0.05 * ever.length);
    expect(ever.every(({ agree }) => agree)).toBe(true);
  });
});

describe('the sample-ratio check', () => {
  it('catches a split that loses a tenth of one arm', () => {
    const caught = Array.from({ length: 100 }, (_, seed) => {
      const random = seededRandom(seed);
      const counts = [0, 0];
      for (let user = 0; user < 20_000; user += 1) {
        const arm = Number(random() < 0.5);
        if (arm === 0 || random() > 0.1) counts[arm] += 1;
      }
      return !checkSampleRatio(counts.map((userCount) => ({ userCount, weight: 1 }))).sound;
    });
    expect(caught.filter(Boolean)).toHaveLength(100);
  });

  it('knows unequal weights, and is sound of nobody', () => {
    expect(
      checkSampleRatio([
        { userCount: 900, weight: 9 },
        { userCount: 100, weight: 1 },
      ]),
    ).toMatchObject({
      statistic: 0,
      sound: true,
    });
    expect(
      checkSampleRatio([
        { userCount: 0, weight: 1 },
        { userCount: 0, weight: 1 },
      ]).sound,
    ).toBe(true);
  });
});

describe('the ratio of sums', () => {
  it('has the variance that drawing users anew shows', () => {
    const random = seededRandom(3);
    const ratios = Array.from({ length: 400 }, () => {
      const [control, treatment] = population(random, { userCount: 400, armOfUser: (user) => user % 2 });
      return effectOf(VARIANTS.ratio(control), VARIANTS.ratio(treatment));
    });
    const spread = Math.sqrt(
      ratios.reduce((sum, { difference }) => sum + difference ** 2, 0) / ratios.length,
    );
    const stated = ratios.reduce((sum, { standardError }) => sum + standardError, 0) / ratios.length;
    expect(stated / spread).toBeGreaterThan(0.9);
    expect(stated / spread).toBeLessThan(1.1);
  });
});
