import { popularity } from '@winnow/collaborative';
import { evaluateRankings, rankVocabulary } from '@winnow/evaluation';
import type { RankingReport } from '@winnow/evaluation';
import { FeatureSet, PointInTimeReplay } from '@winnow/features';
import type { FeatureSetJson, ItemCounters } from '@winnow/features';
import { HeavyRanker, LightRanker, TwoTower } from '@winnow/models';
import type { TrainingReport } from '@winnow/models';
import type { VerifiedRelease } from '@winnow/domain';
import { frameUpTo, positiveEventTypes } from '../frame';
import type { GateMetrics } from '../gate';
import { buildItemRelations } from '../item-relations';
import type { ItemRelations } from '../item-relations';
import { offlineEngines } from '../offline-engines';
import { offlineFunnel, rankUsers, replayedUsers } from '../offline-funnel';
import type { OfflineModels } from '../offline-funnel';
import { heavySources } from '../rankers';
import { holdoutEvidence } from '../release-card/holdout-evidence';
import { encodeCatalogue, presentOrdinals, towerSources, vectorsFromTensors } from '../towers';
import type { EvaluationReport } from './gate.step';
import { readRunInputs } from './run-inputs';
import type { RunInputs } from './run-inputs';
import { RUN_FILES } from './step-context';
import type { Step, StepContext } from './step-context';

const K = 20;
/** Users beyond this make the figures no surer, only later. */
const USER_COUNT_MAX = 500;

interface MeasuredFunnel {
  /** One per case, best first. */
  readonly rankings: readonly Uint32Array[];
  readonly report: RankingReport;
}

/** Candidate and serving release start from the same past, whatever was in their tables when they were made. */
interface KnownPast {
  readonly counters: ItemCounters;
  readonly relations: ItemRelations;
}

interface HoldoutCase {
  readonly user: number;
  readonly seen: Uint32Array;
  readonly relevant: Uint32Array;
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
    const cases = holdoutCases(context, inputs, replay);
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

/** Users with a past and something new in the held-out slice, in order of first appearance there. */
function holdoutCases(
  { description }: StepContext,
  { frame, report, items }: RunInputs,
  replay: PointInTimeReplay,
): HoldoutCase[] {
  const { events } = frame;
  const positive = positiveEventTypes(description);
  const newItems = new Map<number, Set<number>>();
  for (let event = report.holdoutIndex; event < events.count; event += 1) {
    const user = events.users[event];
    if (!positive[events.eventTypes[event]] || replay.interactionCount(user) === 0) continue;
    if (!items.has(events.ordinals[event])) continue;
    if (!newItems.has(user) && newItems.size < USER_COUNT_MAX) newItems.set(user, new Set());
    newItems.get(user)?.add(events.ordinals[event]);
  }
  return [...newItems]
    .map(([user, ordinals]) => {
      const seen = replay.seen(user);
      for (const ordinal of seen) ordinals.delete(ordinal);
      return { user, seen, relevant: Uint32Array.from(ordinals) };
    })
    .filter(({ relevant }) => relevant.length > 0);
}

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
  const { registry, description, exactIndexOf } = context;
  const { current } = await registry.pointer();
  if (!current) return null;
  const opened = await registry.open(current);
  if (!opened.ok || opened.value.manifest.featureSetHash !== report.featureSetHash) return null;
  const read = (file: string) => context.readTensorFile(opened.value.filePath(file));
  const featureSet = FeatureSet.fromJSON(
    (await readJson(context, opened.value, 'feature-set.json')) as FeatureSetJson,
  );
  const sources = towerSources(featureSet, items);
  const tower = TwoTower.fromTensors(await read('two-tower.safetensors'), sources);
  return offlineEngines({
    ...{ description, items, featureSet, exactIndexOf, tower, ...known },
    vectors: await encodeCatalogue(tower, items),
    heavy: HeavyRanker.fromTensors(
      await read('heavy-ranker.safetensors'),
      heavySources(description, featureSet, items),
    ),
    light: LightRanker.fromTensors(await read('light-ranker.safetensors')),
  });
}

const readJson = (context: StepContext, release: VerifiedRelease, file: string): Promise<unknown> =>
  context.readJsonFile(release.filePath(file));

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
