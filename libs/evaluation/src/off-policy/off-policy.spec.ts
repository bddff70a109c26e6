import { gaussian, seededRandom, type Random } from '@winnow/domain';
import { expectedClicks, react, SyntheticWorld } from '@winnow/synthetic-world';
import { describe, expect, it } from 'vitest';
import { policyProbabilities, scaledScores, type EvaluationPolicy } from './evaluation-policy';
import { LoggedDecisionsBuilder, type LoggedDecisions } from './logged-decisions';
import { offPolicyReport, type OffPolicyEstimate } from './off-policy-value';
import { crossFittedRewards } from './reward-model';

const flat = (columns: readonly (readonly number[] | Float64Array)[]): Float64Array =>
  Float64Array.from(columns.flatMap((column) => [...column]));

/** Two decisions of two options: drawn the first, then the second. */
function smallLog(): LoggedDecisions {
  const builder = new LoggedDecisionsBuilder();
  builder.add({ propensities: [0.8, 0.2], chosen: 0, reward: 1, cluster: 'u1' });
  builder.add({ propensities: [0.5, 0.5], chosen: 1, reward: 3, cluster: 'u2' });
  return builder.build();
}

describe('off-policy estimates', () => {
  it('are what the formulas say, by hand', () => {
    const report = offPolicyReport({
      log: smallLog(),
      policy: Float64Array.of(0.4, 0.6, 0, 1),
      predictions: Float64Array.of(2, 1, 0, 2.5),
    });
    // Weights: 0.4 / 0.8 and 1 / 0.5.
    expect(report.ips.value).toBeCloseTo((0.5 * 1 + 2 * 3) / 2);
    expect(report.snips.value).toBeCloseTo((0.5 * 1 + 2 * 3) / 2.5);
    expect(report.doublyRobust!.value).toBeCloseTo((1.4 + 0.5 * (1 - 2) + (2.5 + 2 * (3 - 2.5))) / 2);
    expect(report).toMatchObject({ decisionCount: 2, clusterCount: 2, weightMax: 2, unsupportedShare: 0 });
    expect(report.effectiveCount).toBeCloseTo(2.5 ** 2 / (0.25 + 4));
    expect(report.logged.value).toBe(2);
  });

  it('of the logging policy itself are the rewards that it had', () => {
    const log = smallLog();
    const { ips, snips, logged } = offPolicyReport({ log, policy: log.propensities });
    expect([ips, snips]).toEqual([logged, logged]);
  });

  it('say how much of a policy the log cannot speak of', () => {
    const builder = new LoggedDecisionsBuilder();
    builder.add({ propensities: [1, 0], chosen: 0, reward: 1, cluster: 'u' });
    const { unsupportedShare } = offPolicyReport({
      log: builder.build(),
      policy: Float64Array.of(0.25, 0.75),
    });
    expect(unsupportedShare).toBe(0.75);
  });

  it('are less sure of many decisions of few users', () => {
    const width = ({ low, high }: OffPolicyEstimate): number => high - low;
    const widths = [10, 1_000].map((users) => {
      const builder = new LoggedDecisionsBuilder();
      for (let index = 0; index < 1_000; index += 1) {
        const user = index % users;
        builder.add({ propensities: [1], chosen: 0, reward: user % 2, cluster: `u${user}` });
      }
      return width(offPolicyReport({ log: builder.build(), policy: new Float64Array(1_000).fill(1) }).ips);
    });
    expect(widths[0]).toBeGreaterThan(5 * widths[1]);
  });
});

describe('policies by name', () => {
  it('are distributions over the options', () => {
    const scores = [3, 1, 2];
    expect([...policyProbabilities({ kind: 'greedy' }, scores)]).toEqual([1, 0, 0]);
    expect([...policyProbabilities({ kind: 'uniform' }, scores)]).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect([...policyProbabilities({ kind: 'epsilon-greedy', epsilon: 0.3 }, scores)]).toEqual([
      expect.closeTo(0.8),
      expect.closeTo(0.1),
      expect.closeTo(0.1),
    ]);
    const soft = policyProbabilities({ kind: 'softmax', temperature: 0.5 }, scores);
    expect(soft[0] / soft[1]).toBeCloseTo(Math.exp(2));
    expect(soft[2] / soft[1]).toBeCloseTo(Math.exp(1));
    expect([...scaledScores([5, 5])]).toEqual([1, 1]);
  });
});

describe('the reward model', () => {
  it('finds a linear truth from the options that were drawn, for those that were not', () => {
    const random = seededRandom(4);
    const builder = new LoggedDecisionsBuilder();
    const features: number[][] = [];
    for (let decision = 0; decision < 500; decision += 1) {
      const options = [0, 1, 2].map(() => [random(), random()]);
      const chosen = Math.floor(3 * random());
      const [one, other] = options[chosen];
      builder.add({ propensities: [1, 1, 1], chosen, reward: 2 * one - other + 0.5, cluster: `${decision}` });
      features.push(...options);
    }
    const predictions = crossFittedRewards(builder.build(), flat(features));
    for (const [row, [one, other]] of features.entries())
      expect(predictions[row]).toBeCloseTo(2 * one - other + 0.5, 2);
  });
});

/** Slates of two from the synthetic world whose first position is left to chance; a reward is clicks on the slate. */
class OnePositionWorld {
  static readonly options = 6;
  readonly #world = new SyntheticWorld({
    seed: 9,
    itemCount: 150,
    userCount: 300,
    topicCount: 8,
    newItemShare: 0,
  });
  readonly #affinities: readonly Float64Array[];

  constructor() {
    const { itemCount, userCount, startMs } = this.#world.options;
    this.#affinities = Array.from({ length: userCount }, (_, user) =>
      Float64Array.from({ length: itemCount }, (_item, item) =>
        this.#world.trueAffinity(user, item, startMs),
      ),
    );
  }

  /** A user, what may be shown, and what a model that is not quite right thinks of it: best first. */
  draw(random: Random): Context {
    const user = Math.floor(random() * this.#affinities.length);
    const drawn = new Set<number>();
    while (drawn.size < OnePositionWorld.options + 1) drawn.add(Math.floor(random() * 150));
    const [second, ...rest] = drawn;
    const options = rest
      .map((item) => ({ item, score: Math.log(this.#affinities[user][item]) + 0.7 * gaussian(random) }))
      .sort((left, right) => right.score - left.score);
    const slateOf = (item: number): readonly number[] => [item, second];
    return {
      user,
      scores: options.map(({ score }) => score),
      affinities: options.map(({ item }) => slateOf(item).map((one) => this.#affinities[user][one])),
      itemIndexes: options.map(({ item }) => slateOf(item)),
    };
  }

  reward({ affinities }: Context, option: number, random: Random): number {
    return react(affinities[option], this.#world.options.clickModel, random).filter(({ clicked }) => clicked)
      .length;
  }

  expected({ affinities }: Context, option: number): number {
    return expectedClicks(affinities[option], this.#world.options.clickModel);
  }

  /** By the world's own judge. */
  judged({ user, itemIndexes }: Context, option: number): number {
    const { startMs } = this.#world.options;
    return this.#world.expectedReward({ userIndex: user, itemIndexes: itemIndexes[option], timeMs: startMs });
  }
}

interface Context {
  readonly user: number;
  readonly scores: readonly number[];
  readonly affinities: readonly (readonly number[])[];
  readonly itemIndexes: readonly (readonly number[])[];
}

describe('on the synthetic world, where the value of a policy is known', () => {
  const world = new OnePositionWorld();
  const logging: EvaluationPolicy = { kind: 'epsilon-greedy', epsilon: 0.9 };
  const wanted: EvaluationPolicy = { kind: 'softmax', temperature: 0.2 };
  const SEEDS = 100;
  const CONTEXTS = 100_000;

  const truth = ((): number => {
    const random = seededRandom(77);
    let sum = 0;
    for (let at = 0; at < CONTEXTS; at += 1) {
      const context = world.draw(random);
      policyProbabilities(wanted, context.scores).forEach((probability, option) => {
        sum += probability * world.expected(context, option);
      });
    }
    return sum / CONTEXTS;
  })();

  const reports = Array.from({ length: SEEDS }, (_, seed) => {
    const random = seededRandom(1_000 + seed);
    const builder = new LoggedDecisionsBuilder();
    const [policy, features]: [Float64Array[], number[][]] = [[], []];
    for (let decision = 0; decision < 1_500; decision += 1) {
      const context = world.draw(random);
      const propensities = policyProbabilities(logging, context.scores);
      let [chosen, left] = [0, random() - propensities[0]];
      while (left >= 0 && chosen < propensities.length - 1) left -= propensities[(chosen += 1)];
      const reward = world.reward(context, chosen, random);
      builder.add({ propensities, chosen, reward, cluster: `u${context.user}` });
      policy.push(policyProbabilities(wanted, context.scores));
      const scaled = scaledScores(context.scores);
      features.push(...context.scores.map((score, option) => [Math.exp(score), scaled[option]]));
    }
    const log = builder.build();
    return offPolicyReport({
      log,
      policy: flat(policy),
      predictions: crossFittedRewards(log, flat(features)),
    });
  });

  it('plays by the same truth as the world’s own judge', () => {
    const context = world.draw(seededRandom(1));
    for (let option = 0; option < OnePositionWorld.options; option += 1)
      expect(world.expected(context, option)).toBeCloseTo(world.judged(context, option), 12);
  });

  it.each(['ips', 'snips', 'doublyRobust'] as const)(
    '%s has the true value of another policy within its interval in at least 90 of 100 seeds',
    (name) => {
      const covered = reports.filter((report) => report[name]!.low <= truth && truth <= report[name]!.high);
      expect(covered.length).toBeGreaterThanOrEqual(90);
      const mean = reports.reduce((sum, report) => sum + report[name]!.value, 0) / SEEDS;
      const width = reports.reduce((sum, report) => sum + report[name]!.high - report[name]!.low, 0) / SEEDS;
      // Without bias, the mean of a hundred lies within a fraction of one interval.
      expect(Math.abs(mean - truth)).toBeLessThan(0.15 * width);
    },
  );

  it('and the policies do differ, so that this is no feat of looking at the log', () => {
    const missed = reports.filter(({ logged }) => logged.low > truth || truth > logged.high);
    expect(missed.length).toBeGreaterThan(20);
  });
});
