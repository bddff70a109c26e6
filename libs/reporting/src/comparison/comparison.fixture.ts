import { seededRandom } from '@winnow/domain';
import type {
  ComparisonReport,
  MeanWithInterval,
  MetricValue,
  ModelReport,
  ModelRun,
} from '@winnow/evaluation';

const interval = (mean: number): MeanWithInterval => ({
  mean,
  low: mean - 0.01,
  high: mean + 0.01,
  count: 500,
});

/** A run whose figures all follow from one number. */
function run(seed: number, quality: number, learns: boolean): ModelRun {
  const group = (name: string, factor: number) => ({
    name,
    userCount: 200,
    recall: interval(quality * factor),
    ndcg: interval(quality * factor * 0.8),
  });
  const items = (name: string, recall: number) => ({
    ...{ name, recall, relevantCount: 80, catalogueShare: 0.3, relevantShare: 0.2, exposureShare: 0.2 },
    ...{ chanceRatio: 0.7, meritRatio: 1 },
  });
  const epochs = Array.from({ length: 6 }, (_, epoch) => epoch);
  return {
    seed,
    exampleCount: 10_000,
    metrics: [],
    learningCurves: learns
      ? [
          {
            part: 'two-tower',
            losses: epochs.map((epoch) => 5 * Math.exp(-epoch / 2) + 2 + seed / 20),
            validation: epochs.map((epoch) => quality * (1 - Math.exp(-epoch - 0.4))),
          },
        ]
      : [],
    popularityCurve: Array.from({ length: 10 }, (_, point) => ({
      itemShare: (point + 1) / 10,
      exposureShare: ((point + 1) / 10) ** (0.4 + quality),
    })),
    calibrationCurve: learns
      ? [0.1, 0.3, 0.5, 0.8].map((meanPrediction) => ({
          count: 50,
          meanPrediction,
          positiveShare: meanPrediction ** 1.2,
        }))
      : [],
    userSlices: [
      {
        by: 'activity of the user',
        k: 20,
        groups: [
          group('cold: fewer than 5 past items', 0.6),
          group('5 to 20 past items', 1),
          group('21 or more past items', 1.2),
        ],
      },
    ],
    itemSlices: [
      {
        by: 'popularity of the item',
        k: 20,
        groups: [
          items('cold: fewer than 10 past users', quality / 8),
          items('head: more than 40 past users', quality * 1.4),
        ],
      },
    ],
    cost: {
      tuningMs: 4_200,
      trainingMs: 61_000,
      answeringMs: 900,
      examplesPerSecond: 3_210,
      peakMemoryBytes: 512 * 2 ** 20,
    },
  };
}

function model(name: string, title: string, quality: number, seeds: readonly number[]): ModelReport {
  const value = (metric: MetricValue['metric'], k: number | null, mean: number): MetricValue => ({
    ...{ metric, k, ...interval(mean) },
    intervalOver: seeds.length > 1 ? 'seeds' : 'queries',
  });
  return {
    name,
    title,
    deterministic: seeds.length === 1,
    settings: { halfLifeDays: 2, weight: 5 },
    runs: seeds.map((seed) => run(seed, quality, seeds.length > 1)),
    metrics: [
      ...[10, 20].flatMap((k) => [
        value('recall', k, quality * (k / 20)),
        value('ndcg', k, quality * 0.6 * (k / 20)),
        value('mrr', k, quality * 0.5),
      ]),
      value('auc', null, 0.5 + quality),
      { ...value('coverage', 20, quality), low: NaN, high: NaN, intervalOver: null },
      { ...value('gini', 20, 1 - quality), low: NaN, high: NaN, intervalOver: null },
    ],
  };
}

/** A comparison of `modelCount` made-up models. */
export function comparison(modelCount = 5): ComparisonReport {
  const random = seededRandom(3);
  const names = [
    'random',
    'popular',
    'popular-decayed',
    'item-knn',
    'ease',
    'ials',
    'blend',
    'two-tower',
    'funnel',
  ];
  const models = names
    .slice(0, modelCount)
    .map((name, index) =>
      model(
        name,
        index === 2 ? 'popular, decayed' : name,
        0.05 + 0.3 * random(),
        index > 2 ? [1, 2, 3] : [1],
      ),
    );
  return {
    formatVersion: 1,
    data: 'movietweetings',
    protocol: 'gt',
    seeds: [1, 2, 3],
    parts: [
      {
        task: 'ranking',
        question: 'Learn from the first 90 % of the events, and say what each user turns to in the rest.',
        facts: [
          { name: 'users', value: 1_668 },
          { name: 'items', value: 2_529 },
          { name: 'share of test events left out', value: 0.1234 },
        ],
        ks: [10, 20],
        models,
        skipped: [{ name: 'mult-vae', reason: 'needs a <backend>' }],
      },
    ],
    durationMs: 431_000,
  };
}
