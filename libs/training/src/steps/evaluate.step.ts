import { popularity } from '@winnow/collaborative';
import { evaluateRankings, rankVocabulary } from '@winnow/evaluation';
import type { RankingReport } from '@winnow/evaluation';
import { PointInTimeReplay, RankingFeatures } from '@winnow/features';
import { HeavyRanker, LightRanker, TwoTower } from '@winnow/models';
import type { TrainingReport } from '@winnow/models';
import type { ReleaseManifest } from '@winnow/domain';
import type { HoldoutEvidence } from '@winnow/reporting';
import { askForThoseWhoCame } from '../drift/day-requests';
import { driftReference } from '../drift/drift-reference';
import type { Observations } from '../drift/log-observations';
import { RankerObserver } from '../drift/ranker-observer';
import { frameUpTo } from '../frame';
import { gateEvidence } from '../gate/evidence/gate-evidence';
import type { AskedRelease } from '../gate/evidence/release-comparison';
import { AskedRanker } from '../gate/evidence/asked-ranker';
import { shownItems } from '../gate/evidence/shown-items';
import { askProbes } from '../gate/probes/ask-probes';
import { releaseProbes } from '../gate/probes/release-probes';
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
import { AGREEMENT_METRIC } from './light.step';
import { readRunInputs } from './run-inputs';
import type { RunInputs } from './run-inputs';
import { RUN_FILES } from './step-context';
import type { Step, StepContext } from './step-context';

/** What the evaluate step measured, by name: the figures in the manifest. */
export interface EvaluationReport {
  readonly metrics: Readonly<Record<string, number>>;
}

const K = 20;
const DAY_MS = 86_400_000;

/** Shares of the step's time, about: the candidate, what serves, and the made-up users. */
const SHARES = { candidate: 0.45, serving: 0.45 } as const;

/** The held-out slice, and what was known when it began. */
interface NewestSlice {
  readonly context: StepContext;
  readonly inputs: RunInputs;
  readonly cases: readonly HoldoutCase[];
  readonly replay: PointInTimeReplay;
  readonly known: KnownPast;
  readonly nowMs: number;
}

/** Measures the candidate, the popular and trending lists and the serving release on the newest events, which no network has seen. */
export const evaluateStep: Step = {
  name: 'evaluate',
  async run(context) {
    const { run, description } = context;
    const slice = await newestSlice(context);
    const { inputs, cases, replay, known, nowMs } = slice;
    const { items, frame, shown } = inputs;
    const { holdoutIndex } = inputs.report;
    const training = await trainingMetrics(context);

    const models = await candidateModels(context, inputs, known);
    const { asked, trending } = await askRelease(slice, models, { from: 0, share: SHARES.candidate });
    const candidate: AskedRelease = {
      ...{ ...asked, version: null, agreement: training[AGREEMENT_METRIC] ?? null },
      heads: description.objectives.map(({ head }) => head),
    };
    const serving = await servingRelease(slice);
    const popular = popularSlates(inputs, cases);
    const users = await replayedStates(slice, candidate.rankings);
    const probes = await askProbes(
      releaseProbes({ description, items, counters: replay.counters, users, nowMs }),
      { models, k: K, nowMs },
    );
    await run.writeJson(
      RUN_FILES.gateEvidence,
      gateEvidence({
        ...{ k: K, description, items, frame, shown, holdoutIndex, cases, replay, nowMs },
        ...{ candidate, serving, popular, trending, probes },
        indexRecall: (await run.readJson<ReleaseManifest['index']>(RUN_FILES.indexReport)).recallAt500,
      }),
    );
    await writeDriftReference(slice);
    const reports = {
      candidate: rankingReport(candidate.rankings, cases),
      popular: rankingReport(popular, cases),
      serving: serving && rankingReport(serving.rankings, cases),
    };
    await run.writeJson(RUN_FILES.evaluation, {
      metrics: { ...figures(reports.candidate), ...training },
    } satisfies EvaluationReport);
    await run.writeJson(RUN_FILES.evidence, cardEvidence(slice, candidate.rankings, reports));
    return `${cases.length} users, NDCG@20 ${ndcgText(reports.candidate)} (popular ${ndcgText(reports.popular)})`;
  },
};

async function newestSlice(context: StepContext): Promise<NewestSlice> {
  const { description } = context;
  const inputs = await readRunInputs(context);
  const { holdoutIndex, toMs } = inputs.report;
  const past = frameUpTo(inputs.frame, holdoutIndex);
  const replay = new PointInTimeReplay({ events: past.events, description });
  const nowMs = inputs.frame.events.timesMs[holdoutIndex] ?? toMs;
  replay.advanceToTime(nowMs);
  return {
    ...{ context, inputs, replay, nowMs },
    cases: holdoutCases({ ...inputs, description, holdoutIndex, replay }),
    known: { counters: replay.counters, relations: await buildItemRelations(past, description) },
  };
}

/** Days before the held-out slice on which the ranker is asked, too: how far its features move from day to day. */
const EARLIER_DAY_COUNT = 3;

/** Keeps with the release what it was made from and what its ranker was asked, for `winnow drift` to compare with. */
async function writeDriftReference({ context, inputs, known, nowMs }: NewestSlice): Promise<void> {
  const { description, run } = context;
  const { items, frame, featureSet } = inputs;
  const replay = new PointInTimeReplay({ events: frame.events, description });
  const { counters } = replay;
  const models = await candidateModels(context, inputs, { ...known, counters });
  const features = new RankingFeatures({
    ...{ featureSet, items, counters, itemVectors: models.vectors, ...known.relations },
  });
  const observed = RankerObserver.of(models, features);
  const window = { description, items, frame };
  const days: Observations[] = [];
  for (let back = EARLIER_DAY_COUNT; back >= 0; back -= 1) {
    const dayMs = nowMs - back * DAY_MS;
    if (dayMs < inputs.report.fromMs) continue;
    replay.advanceToTime(dayMs);
    observed.observer.reset();
    await askForThoseWhoCame({ ...window, models: observed.models, replay, dayMs });
    days.push(observed.observer.observations());
  }
  await run.writeJson(RUN_FILES.driftReference, driftReference(window, days));
}

/** The whole funnel of one release, for every case; `trending` is the list that it would fall back on. */
async function askRelease(
  { context: { progress }, inputs, cases, replay, nowMs }: NewestSlice,
  models: OfflineModels,
  { from, share }: { readonly from: number; readonly share: number },
): Promise<{ asked: Pick<AskedRelease, 'rankings' | 'asked'>; trending: Uint32Array[] }> {
  const past = frameUpTo(inputs.frame, inputs.report.holdoutIndex);
  const { holdoutIndex } = inputs.report;
  const watched = AskedRanker.of(models, shownItems(cases, { ...inputs, holdoutIndex }));
  const users = replayedUsers(past, replay);
  const funnel = await offlineFunnel({ models: watched.models, users, nowMs });
  const rankings = await rankUsers(funnel, {
    users: cases.map(({ user }) => user),
    ...{ k: K, nowMs },
    watchOf: (index) => watched.asked.watchOf(index),
    onProgress: (done) => progress(from + (share * done) / cases.length, `${done} of ${cases.length} users`),
  });
  const trending = cases.map(({ seen }) => {
    const known = new Set(seen);
    return funnel.lists.trending.ordinals.filter((ordinal) => !known.has(ordinal)).slice(0, K);
  });
  return { asked: { rankings, asked: watched.asked.users }, trending };
}

/** What the probes start from: each case as the online store would know them, and what they were given. */
async function replayedStates({ inputs, replay, cases }: NewestSlice, slates: readonly Uint32Array[]) {
  const past = frameUpTo(inputs.frame, inputs.report.holdoutIndex);
  return cases.map(({ user, seen }, index) => ({
    slate: slates[index],
    state: {
      recentInteractions: replay.history(user),
      seenOrdinals: seen,
      attributes: past.userAttributes[user] ?? {},
    },
  }));
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
async function servingRelease(slice: NewestSlice): Promise<AskedRelease | null> {
  const { context, inputs, known } = slice;
  const { registry } = context;
  const { current } = await registry.pointer();
  if (!current) return null;
  const opened = await registry.open(current);
  if (!opened.ok || opened.value.manifest.featureSetHash !== inputs.report.featureSetHash) return null;
  const { version, heads, metrics } = opened.value.manifest;
  const models = await releaseModels(opened.value, { ...context, items: inputs.items, ...known });
  const { asked } = await askRelease(slice, models, { from: SHARES.candidate, share: SHARES.serving });
  return { ...asked, version, heads, agreement: metrics[AGREEMENT_METRIC] ?? null };
}

function popularSlates({ frame, report, items }: RunInputs, cases: readonly HoldoutCase[]): Uint32Array[] {
  const vocabulary = presentOrdinals(items);
  const past = frameUpTo(frame, report.holdoutIndex).events;
  const scores = popularity({ past, vocabulary });
  return cases.map(({ seen }) => rankVocabulary({ vocabulary, scores, excluded: new Set(seen), count: K }));
}

const rankingReport = (rankings: readonly Uint32Array[], cases: readonly HoldoutCase[]): RankingReport =>
  evaluateRankings({ rankings, relevant: cases.map(({ relevant }) => relevant), ks: [10, K] });

const cardEvidence = (
  { context, inputs, cases, replay }: NewestSlice,
  rankings: readonly Uint32Array[],
  reports: Parameters<typeof holdoutEvidence>[0]['reports'],
): HoldoutEvidence =>
  holdoutEvidence({
    ...{ description: context.description, items: inputs.items, frame: inputs.frame },
    ...{ holdoutIndex: inputs.report.holdoutIndex, rankings, cases, reports },
    interactionCount: (user) => replay.interactionCount(user),
  });

const ndcgText = ({ at }: RankingReport): string => at[K].ndcg.mean.toFixed(4);

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
