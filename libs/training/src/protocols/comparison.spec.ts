import type { Clock } from '@winnow/domain';
import { findMetric } from '@winnow/evaluation';
import type {
  ComparisonPart,
  EvaluationCase,
  InteractionLog,
  ModelReport,
  RatingColumns,
} from '@winnow/evaluation';
import { beforeAll, describe, expect, it } from 'vitest';
import { attributeSlices } from './attribute-slices';
import { compareRankings } from './compare-rankings';
import { compareRatings } from './compare-ratings';
import type { CostMeters } from './measuring';
import { countedModels } from './models/counted-models';
import { ratingModels } from './models/rating-models';
import type { RankingModel, RankingQuery } from './ranking-model';
import type { RatingModel } from './rating-model';
import { smallWorld, type SmallWorld } from './small-world.fixture';
import { globalTimeTask } from './tasks/global-time-task';
import { leaveOneOutTask } from './tasks/leave-one-out-task';
import { publishedSplitTask } from './tasks/published-split-task';
import { userRatioTask } from './tasks/user-ratio-task';

const NO_SLICES = { userSlices: [], itemSlices: [] };

/** Time that passes at every look, so that costs differ from run to run. */
function meters(stepMs: number): CostMeters {
  let nowMs = 0;
  const clock: Clock = { nowMs: () => (nowMs += stepMs), monotonicMs: () => (nowMs += stepMs) };
  return { clock, watchMemory: () => async () => 1_000_000 * stepMs };
}

const withoutCosts = (part: ComparisonPart): unknown =>
  JSON.parse(JSON.stringify(part, (key, value: unknown) => (key === 'cost' ? null : value)));

let world: SmallWorld;
let log: InteractionLog;
beforeAll(async () => {
  world = await smallWorld();
  log = world.frame.events;
});

const modelsNamed = (...names: readonly string[]): RankingModel[] =>
  countedModels().filter(({ name }) => names.includes(name));

const figure = (report: ModelReport, metric: 'recall' | 'ndcg' | 'rmse' | 'auc', k: number | null): number =>
  findMetric(report.metrics, metric, k)!.mean;

describe('a comparison of rankings', () => {
  it('is the same for the same seeds, whatever it cost', async () => {
    const cheap = modelsNamed('random', 'transitions', 'item-knn', 'blend');
    const tasks = [
      { name: 'gt', task: () => globalTimeTask(log, NO_SLICES), models: () => countedModels() },
      { name: 'loo', task: () => leaveOneOutTask(log, NO_SLICES), models: () => cheap },
      { name: 'folds', task: () => userRatioTask(log), models: () => cheap },
    ];
    for (const { name, task, models } of tasks) {
      const run = (stepMs: number): Promise<ComparisonPart> =>
        compareRankings(task(), models(), { seeds: [3], meters: meters(stepMs) });
      const [first, second] = [await run(1), await run(7)];
      expect(withoutCosts(second), name).toEqual(withoutCosts(first));
      expect(first.models.map((model) => model.name)).toEqual(models().map((model) => model.name));
      expect(second.models[0].runs[0].cost).not.toEqual(first.models[0].runs[0].cost);
    }
  });

  it('runs models that every seed leaves alone once, and shows the spread of the others', async () => {
    const part = await compareRankings(globalTimeTask(log, NO_SLICES), modelsNamed('random', 'popular'), {
      seeds: [1, 2, 3],
      meters: meters(1),
    });
    const [random, popular] = part.models;
    expect(random.runs.map(({ seed }) => seed)).toEqual([1, 2, 3]);
    expect(popular.runs.map(({ seed }) => seed)).toEqual([1]);
    expect(findMetric(random.metrics, 'recall', 20)).toMatchObject({ intervalOver: 'seeds', count: 3 });
    expect(findMetric(popular.metrics, 'recall', 20)?.intervalOver).toBe('queries');
    expect(figure(popular, 'recall', 20)).toBeGreaterThan(figure(random, 'recall', 20));
    expect(figure(random, 'auc', null)).toBeGreaterThan(0.45);
    expect(figure(random, 'auc', null)).toBeLessThan(0.55);
  });

  it('asks for the users with too little past too, and keeps them out of the figures', async () => {
    const task = globalTimeTask(log, NO_SLICES);
    expect(task.coldCases.length).toBeGreaterThan(0);
    const { models } = await compareRankings(task, modelsNamed('popular'), { seeds: [1], meters: meters(1) });
    const [activity] = models[0].runs[0].userSlices;
    expect(activity.groups[0]).toMatchObject({ name: 'cold (below 5)', userCount: task.coldCases.length });
    const warm = activity.groups.slice(1).reduce((sum, { userCount }) => sum + userCount, 0);
    expect(warm).toBe(task.cases.length);
    expect(findMetric(models[0].metrics, 'recall', 20)?.count).toBe(task.cases.length);
  });

  it('tells apart by attributes of users and items', async () => {
    const task = globalTimeTask(log, attributeSlices(world, ['country', 'topic']));
    const { models } = await compareRankings(task, modelsNamed('popular'), { seeds: [1], meters: meters(1) });
    const { userSlices, itemSlices } = models[0].runs[0];
    expect(userSlices.map(({ by }) => by)).toEqual(['past items of the user', 'country of the user']);
    expect(itemSlices.map(({ by }) => by)).toEqual(['past users of the item', 'topic of the item']);
    expect(userSlices[1].groups.reduce((sum, { userCount }) => sum + userCount, 0)).toBe(task.cases.length);
    expect(() => attributeSlices(world, ['colour'])).toThrow(
      /colour; there are: topic, tags, country, device/,
    );
  });

  it('shows a model what it may learn from and whom to rank for, and never what they turned to', async () => {
    const task = leaveOneOutTask(log, NO_SLICES);
    const seen: RankingQuery[] = [];
    const spy: RankingModel = {
      kind: 'ranking',
      name: 'spy',
      title: 'spy',
      deterministic: true,
      choose: async (valid) => {
        const hidden = new Map(task.cases.map(({ user, relevant }) => [user, relevant[0]]));
        for (const { user, history, relevant } of valid.cases) {
          expect(history).not.toContain(hidden.get(user));
          expect(relevant).not.toContain(hidden.get(user));
        }
        return {
          settings: {},
          train: async (window) => {
            expect(window.past.users.length).toBe(log.users.length - 2 * task.cases.length);
            return {
              exampleCount: 1,
              answer: {
                kind: 'lists',
                list: async (queries) => {
                  seen.push(...queries);
                  return queries.map(() => window.vocabulary.slice(0, 10));
                },
              },
            };
          },
        };
      },
    };
    const { models } = await compareRankings(task, [spy], { seeds: [1], meters: meters(1) });
    expect(seen).toHaveLength(task.cases.length);
    for (const query of seen) expect(query).not.toHaveProperty('relevant');
    expect(findMetric(models[0].metrics, 'auc', null)).toBeUndefined();
  });

  it('says why a model was left out', async () => {
    const [model] = modelsNamed('popular');
    const refusing: RankingModel = { ...model, name: 'small-only', refusal: () => 'too many items' };
    const part = await compareRankings(globalTimeTask(log, NO_SLICES), [refusing, model], {
      seeds: [1],
      meters: meters(1),
    });
    expect(part.skipped).toEqual([{ name: 'small-only', reason: 'too many items' }]);
    expect(part.models.map(({ name }) => name)).toEqual(['popular']);
  });

  it('stops when it is no longer wanted', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(
      compareRankings(globalTimeTask(log, NO_SLICES), countedModels(), {
        seeds: [1],
        meters: meters(1),
        signal: stop.signal,
      }),
    ).rejects.toThrow('enough');
  });
});

describe('tasks', () => {
  const pairs = (cases: readonly EvaluationCase[]): number =>
    cases.reduce((sum, { relevant }) => sum + relevant.length, 0);

  it('take a published split as it is, and choose settings without its test part', () => {
    const train = {
      ...log,
      users: log.users.slice(0, 800),
      ordinals: log.ordinals.slice(0, 800),
      timesMs: log.timesMs.slice(0, 800),
    };
    const test = {
      users: log.users.slice(800),
      ordinals: log.ordinals.slice(800),
      timesMs: log.timesMs.slice(800),
    };
    const task = publishedSplitTask(train, test);
    expect(pairs(task.cases)).toBe(log.users.length - 800);
    expect(task.test.past).toBe(train);
    expect(task.valid.past.users.length + pairs(task.valid.cases)).toBe(800);
  });
});

describe('a comparison of rating models', () => {
  const columns = (rows: readonly (readonly [number, number, number])[]): RatingColumns => ({
    users: Uint32Array.from(rows, ([user]) => user),
    ordinals: Uint32Array.from(rows, ([, item]) => item),
    ratings: Float32Array.from(rows, ([, , rating]) => rating),
    timesMs: new Float64Array(rows.length),
  });
  const fold = {
    train: columns([
      [0, 0, 5],
      [0, 1, 4],
      [1, 0, 2],
      [1, 1, 1],
      [2, 0, 4],
    ]),
    test: columns([
      [2, 1, 4],
      [1, 0, 2],
    ]),
  };
  const task = { folds: [fold, { train: fold.test, test: fold.train }], likedFrom: 4 };

  it('is the same for the same seeds, whatever it cost', async () => {
    const run = (stepMs: number): Promise<ComparisonPart> =>
      compareRatings(task, ratingModels(), { seeds: [1, 2], meters: meters(stepMs) });
    const [first, second] = [await run(1), await run(5)];
    expect(withoutCosts(second)).toEqual(withoutCosts(first));
    expect(first.models.map(({ name, runs }) => [name, runs.length])).toEqual([
      ['global-mean', 1],
      ['biases', 1],
      ['svd', 2],
      ['svd++', 2],
    ]);
  });

  it('means errors over folds, and judges probabilities where there are any: worked by hand', async () => {
    const threes: RatingModel = {
      kind: 'rating',
      name: 'threes',
      title: 'threes',
      deterministic: true,
      settings: {},
      train: async () => ({
        exampleCount: 1,
        predict: async ({ users }) => ({
          ratings: Float64Array.from(users, () => 3),
          likedProbabilities: Float64Array.from(users, () => 0.5),
        }),
      }),
    };
    const { models } = await compareRatings(task, [threes], { seeds: [1], meters: meters(1) });
    const [report] = models;
    // Errors 1 and 1 in the first fold; 2, 1, 1, 2 and 1 in the second.
    expect(figure(report, 'rmse', null)).toBeCloseTo((1 + Math.sqrt(11 / 5)) / 2);
    expect(figure(report, 'auc', null)).toBe(0.5);
    expect(findMetric(report.metrics, 'logLoss', null)?.mean).toBeCloseTo(Math.LN2);
    expect(findMetric(report.metrics, 'calibrationError', null)?.mean).toBeCloseTo(Math.abs(0.5 - 4 / 7));
    expect(report.runs[0].calibrationCurve).toHaveLength(1);
  });
});
