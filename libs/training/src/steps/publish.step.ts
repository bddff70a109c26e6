import { ordinal as toOrdinal, RELEASE_FORMAT_VERSION, releaseVersion } from '@winnow/domain';
import type { Ordinal, QueryFeatures, ReleaseManifest, ReleaseVersion } from '@winnow/domain';
import { PointInTimeReplay } from '@winnow/features';
import { renderGateReport, renderModelCard } from '@winnow/reporting';
import type { GateEvidence, GateReport, GateVerdict, HoldoutEvidence } from '@winnow/reporting';
import { TwoTower } from '@winnow/models';
import type { TrainingReport } from '@winnow/models';
import { buildItemRelations } from '../item-relations';
import { releaseCard } from '../release-card/release-card';
import type { ReleaseCardOptions } from '../release-card/release-card';
import { towerSources, vectorsFromTensors } from '../towers';
import type { EvaluationReport } from './evaluate.step';
import { putToUse } from './put-to-use';
import { readRunInputs } from './run-inputs';
import type { RunInputs } from './run-inputs';
import { RUN_FILES } from './step-context';
import type { Step, StepContext } from './step-context';

const GOLDEN_HISTORY_COUNT = 3;
const GOLDEN_EXPECTED_COUNT = 3;

/** What was published, and whether it serves. */
interface PublishReport {
  readonly version: ReleaseVersion;
}

/**
 * Puts the release together – counters, neighbours and linear weights from every event, the newest included – publishes it, and moves
 * the pointer when the gate said so. A canary that is still on trial gives its place to the newer release. Killed half-way, it publishes once: the version follows from the run.
 */
export const publishStep: Step = {
  name: 'publish',
  async run(context) {
    const { run, registry, description } = context;
    const inputs = await readRunInputs(context);
    const verdict = await run.readJson<GateVerdict>(RUN_FILES.verdict);
    const { neighbours, linearWeights } = await buildItemRelations(inputs.frame, description);
    await run.writeTensors(RUN_FILES.neighbours, neighbours.toTensors());
    await run.writeTensors(RUN_FILES.linearWeights, linearWeights.toTensors());
    const replay = new PointInTimeReplay({ events: inputs.frame.events, description });
    replay.advanceToTime(Infinity);
    await run.writeTensors(RUN_FILES.counters, replay.counters.toTensors());

    const version = await versionOf(context);
    const published = (await registry.list()).some((manifest) => manifest.version === version);
    if (!published) {
      const trainings = await trainingReports(context);
      const manifest = await manifestOf(context, {
        ...{ inputs, verdict, version, trainings },
        popular: topOrdinals(replay, inputs),
      });
      await writeGateReport(context, manifest, verdict);
      await writeCard(context, { manifest, description, dataset: inputs.report, verdict, trainings });
      await registry.publish(run.path(RUN_FILES.releaseFolder), manifest);
    }
    if (!verdict.promoted) return `${version} kept, not promoted: ${verdict.reason}`;
    return putToUse(context, version, verdict.reason);
  },
};

/** Chosen once for a run and written down before anything is published under it. */
async function versionOf({ run, clock }: StepContext): Promise<ReleaseVersion> {
  if (!(await run.has(RUN_FILES.published))) {
    const stamp = new Date(clock.nowMs()).toISOString().replace(/[-:]|\.\d+/g, '');
    const dataset = await run.readJson<{ eventCount: number; toMs: number }>(RUN_FILES.dataset);
    const tag = ((dataset.toMs ^ (dataset.eventCount * 2_654_435_761)) >>> 0)
      .toString(16)
      .padStart(8, '0')
      .slice(-6);
    await run.writeJson(RUN_FILES.published, {
      version: releaseVersion(`${stamp}-${tag}`),
    } satisfies PublishReport);
  }
  return (await run.readJson<PublishReport>(RUN_FILES.published)).version;
}

const topOrdinals = (replay: PointInTimeReplay, { items, report }: RunInputs): Uint32Array =>
  replay.counters.top({
    halfLifeIndex: 'all-time',
    nowMs: report.toMs,
    count: GOLDEN_HISTORY_COUNT,
    accept: (ordinal) => items.has(ordinal),
  }).ordinals;

const trainingReports = async ({ run }: StepContext): Promise<Record<string, TrainingReport>> => ({
  'two-tower': await run.readJson(RUN_FILES.towerReport),
  'heavy-ranker': await run.readJson(RUN_FILES.heavyReport),
  'light-ranker': await run.readJson(RUN_FILES.lightReport),
});

/** Puts the card among the release's files, so that its checksum stands in the manifest as theirs do. */
async function writeCard({ run }: StepContext, known: Omit<ReleaseCardOptions, 'holdout'>): Promise<void> {
  const holdout = await run.readJson<HoldoutEvidence>(RUN_FILES.evidence);
  const card = releaseCard({ ...known, holdout });
  await run.writeJson(RUN_FILES.card, card);
  await run.writeText(RUN_FILES.cardPage, renderModelCard(card));
}

/** Keeps with the release why it was promoted or refused. */
async function writeGateReport(
  { run }: StepContext,
  { version, namespace, createdAtMs }: Omit<ReleaseManifest, 'files'>,
  verdict: GateVerdict,
): Promise<void> {
  const evidence = await run.readJson<GateEvidence>(RUN_FILES.gateEvidence);
  const report: GateReport = { formatVersion: 1, version, namespace, createdAtMs, verdict, evidence };
  await run.writeJson(RUN_FILES.gateReport, report);
  await run.writeText(RUN_FILES.gatePage, renderGateReport(report));
}

async function manifestOf(
  context: StepContext,
  options: {
    readonly inputs: RunInputs;
    readonly verdict: GateVerdict;
    readonly version: ReleaseVersion;
    readonly trainings: Readonly<Record<string, TrainingReport>>;
    readonly popular: Uint32Array;
  },
): Promise<Omit<ReleaseManifest, 'files'>> {
  const { run, description, registry, clock, codeVersion } = context;
  const { inputs, verdict, version, trainings, popular } = options;
  const evaluation = await run.readJson<EvaluationReport>(RUN_FILES.evaluation);
  const { training } = description;
  return {
    formatVersion: RELEASE_FORMAT_VERSION,
    version,
    createdAtMs: clock.nowMs(),
    parent: (await registry.pointer()).current,
    codeVersion,
    namespace: description.namespace,
    featureSetHash: inputs.report.featureSetHash,
    dimension: training.dimension,
    itemCount: inputs.report.itemCount,
    ordinalLimit: inputs.report.ordinalLimit,
    heads: description.objectives.map(({ head }) => head),
    eventTypes: description.events.map(({ name }) => name),
    seeds: { training: training.seed },
    dataWindow: {
      fromMs: inputs.report.fromMs,
      toMs: inputs.report.toMs,
      eventCount: inputs.report.eventCount,
    },
    cursors: inputs.report.cursors,
    index: await run.readJson(RUN_FILES.indexReport),
    metrics: evaluation.metrics,
    curves: Object.fromEntries(
      Object.entries(trainings).flatMap(([model, { losses, validation }]) => [
        [`${model}.loss`, losses],
        [`${model}.validation`, validation],
      ]),
    ),
    verdict: { promoted: verdict.promoted, reason: verdict.reason },
    golden: await goldenOf(context, inputs, popular),
  };
}

/** A service that has loaded the release must find, for a short history, what the exact index finds for it. */
async function goldenOf(
  { run, description, exactIndexOf }: StepContext,
  { items, featureSet, report }: RunInputs,
  popular: Uint32Array,
): Promise<ReleaseManifest['golden']> {
  const history = Array.from(popular, (ordinal) => toOrdinal(ordinal));
  const tower = TwoTower.fromTensors(await run.readTensors(RUN_FILES.tower), towerSources(featureSet, items));
  const vectors = vectorsFromTensors(await run.readTensors(RUN_FILES.vectors));
  const index = exactIndexOf(vectors, description.training.dimension);
  const query = await tower.encodeQuery(goldenQuery(history, report.toMs));
  const hits = await index.search(query, GOLDEN_EXPECTED_COUNT);
  await index.close();
  tower.dispose();
  return { historyOrdinals: history, expectedOrdinals: Array.from(hits.ordinals) };
}

/** The query that a golden history stands for; services build the same. */
export const goldenQuery = (history: readonly Ordinal[], nowMs: number): QueryFeatures => ({
  history: history.map((ordinal) => ({ ordinal, eventType: 0, timeMs: nowMs, value: 1 })),
  seedOrdinals: [],
  userAttributes: {},
  context: {},
  nowMs,
});
