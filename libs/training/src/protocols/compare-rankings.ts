import {
  activitySlice,
  CoOccurrenceSimilarity,
  itemGroupMetrics,
  measureRankings,
  popularityCurveOf,
  popularitySlice,
  summariseRuns,
  userGroupMetrics,
} from '@winnow/evaluation';
import type {
  ComparisonPart,
  EvaluationCase,
  ModelReport,
  ModelRun,
  PastOfItems,
  Slice,
} from '@winnow/evaluation';
import { answerCases } from './answer-cases';
import type { CaseAnswers } from './answer-cases';
import { perSecond, timed } from './measuring';
import type { CostMeters } from './measuring';
import type { ChosenRankingModel, ModelContext, RankingModel } from './ranking-model';
import type { RankingTask } from './ranking-task';
import { usableCount } from './tasks/window-cases';

export interface CompareOptions {
  readonly seeds: readonly number[];
  readonly meters: CostMeters;
  readonly signal?: AbortSignal;
  /** Which model, what it does, and how far the whole is, from 0 to 1. */
  readonly onProgress?: (model: string, note: string, fraction: number) => void;
}

/** All models on one question, one after another. The same seeds give the same report, but for its costs. */
export async function compareRankings(
  task: RankingTask,
  models: readonly RankingModel[],
  options: CompareOptions,
): Promise<ComparisonPart> {
  const measure = new RankingMeasure(task);
  const reports: ModelReport[] = [];
  const skipped = [];
  for (const [index, model] of models.entries()) {
    const reason = model.refusal?.(task.test) ?? null;
    if (reason !== null) {
      skipped.push({ name: model.name, reason });
      continue;
    }
    const within: CompareOptions = {
      ...options,
      onProgress: (name, note, fraction) =>
        options.onProgress?.(name, note, (index + fraction) / models.length),
    };
    reports.push(await runModel(model, measure, within));
  }
  const { question, facts, ks } = task;
  return { task: 'ranking', question, facts, ks, models: reports, skipped };
}

/** Chooses the model's settings once, then trains and asks it for every seed. */
async function runModel(
  model: RankingModel,
  measure: RankingMeasure,
  options: CompareOptions,
): Promise<ModelReport> {
  const { name, title, deterministic } = model;
  const seeds = deterministic ? options.seeds.slice(0, 1) : options.seeds;
  const contextOf = (seed: number, from: number, to: number): ModelContext => ({
    seed,
    signal: options.signal,
    onProgress: (note, fraction) => options.onProgress?.(name, note, from + (to - from) * fraction),
  });
  let endWatch = options.meters.watchMemory();
  const share = 1 / (seeds.length + 1);
  const [chosen, tuningMs] = await timed(options.meters.clock, () =>
    model.choose(measure.task.valid, contextOf(seeds[0], 0, share)),
  );
  const runs: ModelRun[] = [];
  for (const [index, seed] of seeds.entries()) {
    const context = contextOf(seed, share * (index + 1), share * (index + 2));
    const run = await runSeed({ chosen, seed, measure, context, meters: options.meters });
    const peakMemoryBytes = await endWatch();
    runs.push({ ...run, cost: { ...run.cost, tuningMs: index === 0 ? tuningMs : 0, peakMemoryBytes } });
    if (index + 1 < seeds.length) endWatch = options.meters.watchMemory();
  }
  return { name, title, deterministic, settings: chosen.settings, runs, metrics: summariseRuns(runs) };
}

async function runSeed(one: {
  readonly chosen: ChosenRankingModel;
  readonly seed: number;
  readonly measure: RankingMeasure;
  readonly context: ModelContext;
  readonly meters: CostMeters;
}): Promise<ModelRun> {
  const { chosen, seed, measure, context, meters } = one;
  const { task } = measure;
  const [trained, trainingMs] = await timed(meters.clock, () => chosen.train(task.test, context));
  const ask = (cases: readonly EvaluationCase[]): Promise<CaseAnswers> =>
    answerCases({ answer: trained.answer, cases, window: task.test, k: Math.max(...task.ks), context });
  const [[answers, cold], answeringMs] = await timed(meters.clock, async () => [
    await ask(task.cases),
    await ask(task.coldCases),
  ]);
  return {
    seed,
    exampleCount: trained.exampleCount,
    learningCurves: trained.learningCurves ?? [],
    ...measure.figures(answers, cold),
    cost: {
      tuningMs: 0,
      trainingMs,
      answeringMs,
      examplesPerSecond: perSecond(trained.exampleCount, trainingMs),
      peakMemoryBytes: null,
    },
  };
}

/** What is the same for all models of a task: the past's counts and the slices. */
class RankingMeasure {
  private readonly past: PastOfItems;
  private readonly everybody: readonly EvaluationCase[];
  private readonly userSlices: readonly Slice[];
  private readonly itemSlices: readonly Slice[];

  constructor(readonly task: RankingTask) {
    const { matrix, vocabulary } = task.test;
    const similarity = new CoOccurrenceSimilarity(matrix);
    this.past = { vocabulary, userCount: new Set(matrix.users).size, similarity };
    this.everybody = [...task.cases, ...task.coldCases];
    const known = new Set(vocabulary);
    const activity = activitySlice(
      this.everybody.map((one) => usableCount(one, known)),
      task.coldBelow,
    );
    this.userSlices = [activity, ...task.userSlices.map((slice) => this.byQuery(slice))];
    const popularity = popularitySlice(vocabulary, (ordinal) => similarity.userCount(ordinal));
    this.itemSlices = [popularity, ...task.itemSlices];
  }

  figures(
    { rankings, aucs }: CaseAnswers,
    cold: CaseAnswers,
  ): Pick<ModelRun, 'metrics' | 'popularityCurve' | 'calibrationCurve' | 'userSlices' | 'itemSlices'> {
    const { cases, ks, k } = this.task;
    const relevant = cases.map((one) => one.relevant);
    const everybodysRankings = [...rankings, ...cold.rankings];
    const everybodysRelevant = this.everybody.map((one) => one.relevant);
    return {
      metrics: measureRankings({ rankings, relevant, aucs, ks, past: this.past }),
      popularityCurve: popularityCurveOf(rankings, this.past, k),
      calibrationCurve: [],
      userSlices: this.userSlices.map(({ by, grouping }) => ({
        by,
        k,
        groups: userGroupMetrics({
          rankings: everybodysRankings,
          relevant: everybodysRelevant,
          grouping,
          k,
        }),
      })),
      itemSlices: this.itemSlices.map(({ by, grouping }) => ({
        by,
        k,
        groups: itemGroupMetrics({
          rankings,
          relevant,
          catalogue: this.past.vocabulary,
          grouping,
          k,
        }),
      })),
    };
  }

  /** From groups of users to groups of queries. Cold users stand in the slice by activity only. */
  private byQuery({ by, grouping }: Slice): Slice {
    const { cases } = this.task;
    return {
      by,
      grouping: {
        names: grouping.names,
        groupsOf: (query) => (query < cases.length ? grouping.groupsOf(cases[query].user) : []),
      },
    };
  }
}
