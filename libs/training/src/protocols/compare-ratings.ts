import {
  areaUnderRoc,
  calibrationCurve,
  calibrationError,
  logLoss,
  meanAbsoluteError,
  meanOfRepetitions,
  plainValue,
  rootMeanSquaredError,
  summariseRuns,
} from '@winnow/evaluation';
import type {
  ComparisonPart,
  LearningCurve,
  MetricName,
  MetricValue,
  ModelReport,
  ModelRun,
} from '@winnow/evaluation';
import { breathe } from './choose-settings';
import type { CompareOptions } from './compare-rankings';
import { perSecond, timed } from './measuring';
import type { ModelContext } from './ranking-model';
import type { RatingAnswers, RatingFold, RatingModel, RatingTask } from './rating-model';

/** All models over all folds. The same seeds give the same report, but for its costs. */
export async function compareRatings(
  task: RatingTask,
  models: readonly RatingModel[],
  options: CompareOptions,
): Promise<ComparisonPart> {
  const reports: ModelReport[] = [];
  for (const [index, model] of models.entries()) {
    const seeds = model.deterministic ? options.seeds.slice(0, 1) : options.seeds;
    const runs: ModelRun[] = [];
    for (const [at, seed] of seeds.entries()) {
      const done = (index + at / seeds.length) / models.length;
      const run = await runSeed({ task, model, seed, options, from: done });
      runs.push(run);
    }
    const { name, title, deterministic, settings } = model;
    reports.push({ name, title, deterministic, settings, runs, metrics: summariseRuns(runs) });
  }
  const [first] = task.folds;
  return {
    task: 'rating',
    question: `predict what somebody gives; AUC, log loss and calibration are about ratings of ${task.likedFrom} and more`,
    facts: [
      { name: 'folds', value: task.folds.length },
      { name: 'ratings to learn from in a fold', value: first.train.ratings.length },
      { name: 'ratings to predict in a fold', value: first.test.ratings.length },
    ],
    ks: [],
    models: reports,
    skipped: [],
  };
}

interface FoldAnswers {
  readonly fold: RatingFold;
  readonly answers: RatingAnswers;
}

async function runSeed(one: {
  readonly task: RatingTask;
  readonly model: RatingModel;
  readonly seed: number;
  readonly options: CompareOptions;
  /** How far the whole is before this. */
  readonly from: number;
}): Promise<ModelRun> {
  const { task, model, seed, options, from } = one;
  const { clock } = options.meters;
  const context: ModelContext = { seed, signal: options.signal };
  const endWatch = options.meters.watchMemory();
  const folds: FoldAnswers[] = [];
  const learningCurves: LearningCurve[] = [];
  let exampleCount = 0;
  let trainingMs = 0;
  let answeringMs = 0;
  for (const [index, fold] of task.folds.entries()) {
    await breathe(context);
    options.onProgress?.(model.name, `fold ${index + 1} of ${task.folds.length}`, from);
    const [trained, trainedMs] = await timed(clock, () => model.train(fold.train, context));
    const { users, ordinals, timesMs } = fold.test;
    const [answers, answeredMs] = await timed(clock, () => trained.predict({ users, ordinals, timesMs }));
    folds.push({ fold, answers });
    for (const curve of trained.learningCurves ?? [])
      learningCurves.push({ ...curve, part: `${curve.part}, fold ${index + 1}` });
    exampleCount += trained.exampleCount;
    trainingMs += trainedMs;
    answeringMs += answeredMs;
  }
  return {
    seed,
    exampleCount,
    learningCurves,
    ...ratingFigures(folds, task.likedFrom),
    popularityCurve: [],
    userSlices: [],
    itemSlices: [],
    cost: {
      tuningMs: 0,
      trainingMs,
      answeringMs,
      examplesPerSecond: perSecond(exampleCount, trainingMs),
      peakMemoryBytes: await endWatch(),
    },
  };
}

/** Errors are means over folds, as in published tables; what is about order and probabilities is over all answers. */
function ratingFigures(
  folds: readonly FoldAnswers[],
  likedFrom: number,
): Pick<ModelRun, 'metrics' | 'calibrationCurve'> {
  const overFolds = (metric: MetricName, of: typeof rootMeanSquaredError): MetricValue => ({
    metric,
    k: null,
    ...meanOfRepetitions(
      folds.map(({ fold, answers }) => of({ predictions: answers.ratings, ratings: fold.test.ratings })),
    ),
    intervalOver: 'folds',
  });
  const labels = folds.flatMap(({ fold }) =>
    Array.from(fold.test.ratings, (rating) => (rating >= likedFrom ? 1 : 0)),
  );
  const pooled = (of: (answers: RatingAnswers) => ArrayLike<number>): number[] =>
    folds.flatMap(({ answers }) => Array.from(of(answers)));
  const metrics = [
    overFolds('rmse', rootMeanSquaredError),
    overFolds('mae', meanAbsoluteError),
    plainValue('auc', null, areaUnderRoc({ predictions: pooled(({ ratings }) => ratings), labels })),
  ];
  if (folds.some(({ answers }) => answers.likedProbabilities === null))
    return { metrics, calibrationCurve: [] };
  const liked = { predictions: pooled((answers) => answers.likedProbabilities!), labels };
  return {
    metrics: [
      ...metrics,
      plainValue('logLoss', null, logLoss(liked)),
      plainValue('calibrationError', null, calibrationError(liked)),
    ],
    calibrationCurve: calibrationCurve(liked),
  };
}
