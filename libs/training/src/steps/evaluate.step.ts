import { popularity } from '@winnow/collaborative';
import { evaluateRankings, rankVocabulary } from '@winnow/evaluation';
import type { RankingReport } from '@winnow/evaluation';
import { PointInTimeReplay } from '@winnow/features';
import { HeavyRanker, LightRanker, TwoTower } from '@winnow/models';
import type { TrainingReport } from '@winnow/models';
import { frameUpTo } from '../frame';
import type { GateMetrics } from '../gate';
import { holdoutCases } from '../holdout';
import type { HoldoutCase } from '../holdout';
import { buildItemRelations } from '../item-relations';
import { offlineEngines } from '../offline-engines';
import { offlineFunnel, rankUsers, replayedUsers } from '../offline-funnel';
import type { OfflineModels } from '../offline-funnel';
import { heavySources } from '../rankers';
import { releaseModels } from '../release-models';
import type { KnownPast } from '../release-models';
import { holdoutEvidence } from '../release-card/holdout-evidence';
import { presentOrdinals, towerSources, vectorsFromTensors } from '../towers';
import type { EvaluationReport } from './gate.step';
import { readRunInputs } from './run-inputs';
import type { RunInputs } from './run-inputs';
import { RUN_FILES } from './step-context';
import type { Step, StepContext } from './step-context';

const K = 20;

interface MeasuredFunnel {
  /** One per case, best first. */
  readonly rankings: readonly Uint32Array[];
  readonly report: RankingReport;
}

/** Measures the candidate, the popular list and the serving release on the newest events, which no network has seen. */
export const evaluateStep: Step = {
  name: 'evaluate',
  async run(context) {
    const { run, progress, description } = context;
    const inputs = await readRunInputs(context);
    const past = frameUpTo(inputs.frame, inputs.report.holdoutIndex);
    const replay = new PointInTimeReplay({ events: past.events, description });
    const nowMs = inputs.frame.events.timesMs[inputs.report.holdoutIndex] ?? inputs.report.toMs;
    replay.advanceToTime(nowMs);
    const { holdoutIndex } = inputs.report;
    const cases = holdoutCases({ ...inputs, description, holdoutIndex, replay });
    const measure = async (models: OfflineModels, from: number): Promise<MeasuredFunnel> => {
      const funnel = await offlineFunnel({ models, users: replayedUsers(past, replay), nowMs });
      const rankings = await rankUsers(funnel, {
        users: cases.map(({ user }) => user),
        k: K,
        nowMs,
        onProgress: (done) =>
          progress(from + (0.45 * done) / cases.length, `${done} of ${cases.length} users`),
      });
      const relevant = cases.map((one) => one.relevant);
      return { rankings, report: evaluateRankings({ rankings, relevant, ks: [10, K] }) };
    };
    const known: KnownPast = {
      counters: replay.counters,
      relations: await buildItemRelations(past, description),
    };
    const { rankings, report: candidate } = await measure(await candidateModels(context, inputs, known), 0);
    const servingNow = await servingModels(context, inputs, known);
    const serving = servingNow && (await measure(servingNow, 0.5)).report;
    const popular = popularReport(inputs, cases);
    const report: EvaluationReport = {
      userCount: cases.length,
      candidate: gateMetrics(candidate),
      popular: gateMetrics(popular),
      serving: serving && gateMetrics(serving),
      metrics: { ...figures(candidate), ...(await trainingMetrics(context)) },
    };
    await run.writeJson(RUN_FILES.evaluation, report);
    const evidence = holdoutEvidence({
      ...{ description, items: inputs.items, frame: inputs.frame, holdoutIndex: inputs.report.holdoutIndex },
      ...{ rankings, cases, reports: { candidate, popular, serving } },
      interactionCount: (user) => replay.interactionCount(user),
    });
    await run.writeJson(RUN_FILES.evidence, evidence);
    return `${cases.length} users, NDCG@20 ${report.candidate.ndcgAt20.toFixed(4)} (popular ${report.popular.ndcgAt20.toFixed(4)})`;
  },
};

async function candidateModels(
  context: StepContext,
  { items, featureSet }: RunInputs,
  known: KnownPast,
): Promise<OfflineModels> {
  const { run, description, exactIndexOf } = context;
  const sources = towerSources(featureSet, items);
  return offlineEngines({
    ...{ description, items, featureSet, exactIndexOf, ...known },
    tower: TwoTower.fromTensors(await run.readTensors(RUN_FILES.tower), sources),
    vectors: vectorsFromTensors(await run.readTensors(RUN_FILES.vectors)),
    heavy: HeavyRanker.fromTensors(
      await run.readTensors(RUN_FILES.heavy),
      heavySources(description, featureSet, items),
    ),
    light: LightRanker.fromTensors(await run.readTensors(RUN_FILES.light)),
  });
}

/** The release that serves now, on today's catalogue and counters; null when there is none that fits. */
async function servingModels(
  context: StepContext,
  { items, report }: RunInputs,
  known: KnownPast,
): Promise<OfflineModels | null> {
  const { registry } = context;
  const { current } = await registry.pointer();
  if (!current) return null;
  const opened = await registry.open(current);
  if (!opened.ok || opened.value.manifest.featureSetHash !== report.featureSetHash) return null;
  return releaseModels(opened.value, { ...context, items, ...known });
}

function popularReport({ frame, report, items }: RunInputs, cases: readonly HoldoutCase[]): RankingReport {
  const vocabulary = presentOrdinals(items);
  const past = frameUpTo(frame, report.holdoutIndex).events;
  const scores = popularity({ past, vocabulary });
  const rankings = cases.map(({ seen }) =>
    rankVocabulary({ vocabulary, scores, excluded: new Set(seen), count: K }),
  );
  return evaluateRankings({ rankings, relevant: cases.map(({ relevant }) => relevant), ks: [10, K] });
}

const gateMetrics = ({ at }: RankingReport): GateMetrics => ({
  ndcgAt20: at[K].ndcg.mean,
  recallAt20: at[K].recall.mean,
});

const figures = ({ at }: RankingReport): Record<string, number> => ({
  'holdout.recall@10': at[10].recall.mean,
  'holdout.recall@20': at[K].recall.mean,
  'holdout.ndcg@10': at[10].ndcg.mean,
  'holdout.ndcg@20': at[K].ndcg.mean,
});

/** What the trainings said of themselves. */
async function trainingMetrics({ run }: StepContext): Promise<Record<string, number>> {
  const reports = [RUN_FILES.towerReport, RUN_FILES.heavyReport, RUN_FILES.lightReport];
  const metrics = await Promise.all(
    reports.map(async (file) => (await run.readJson<TrainingReport>(file)).metrics),
  );
  return Object.assign({}, ...metrics) as Record<string, number>;
}
