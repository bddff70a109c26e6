import type { Description, VerifiedRelease } from '@winnow/domain';
import {
  FeatureSet,
  LinearWeights,
  NeighbourTable,
  PointInTimeReplay,
  RankingFeatures,
} from '@winnow/features';
import type { FeatureSetJson, ItemTable } from '@winnow/features';
import type { DriftReference, DriftReport, DriftRow } from '@winnow/reporting';
import type { RunFrame } from '../frame';
import type { OfflineModels } from '../offline-funnel';
import { releaseModels } from '../release-models';
import type { ReleaseModelsOptions } from '../release-models';
import { askForThoseWhoCame } from './day-requests';
import { observeLog } from './log-observations';
import { driftRows } from './drift-rows';
import { RankerObserver } from './ranker-observer';

export interface MeasureDriftOptions extends Pick<
  ReleaseModelsOptions,
  'exactIndexOf' | 'readTensorFile' | 'readJsonFile'
> {
  readonly description: Description;
  readonly items: ItemTable;
  readonly frame: RunFrame;
  /** Newest UTC days of the frame that are compared. */
  readonly days: number;
  readonly onProgress?: (fraction: number, note: string) => void;
}

/** Where a release keeps its histograms; releases from before there were any have none. */
export const DRIFT_REFERENCE_FILE = 'drift-reference.json';

const DAY_MS = 86_400_000;

/**
 * Compares the newest days of the log with what a release was trained on: what people do, and what the release's heavy
 * ranker is asked and says when its funnel is asked, as of the start of the day, for those who came on it.
 */
export async function measureDrift(
  release: VerifiedRelease,
  options: MeasureDriftOptions,
): Promise<DriftReport | null> {
  const { description, items, frame, days, onProgress = () => undefined } = options;
  if (!release.manifest.files.some(({ path }) => path === DRIFT_REFERENCE_FILE)) return null;
  const reference = (await options.readJsonFile(release.filePath(DRIFT_REFERENCE_FILE))) as DriftReference;
  const { timesMs, count } = frame.events;
  const lastDayMs = Math.floor((timesMs[count - 1] ?? 0) / DAY_MS) * DAY_MS;
  const firstDayMs = Math.max(
    Math.floor((timesMs[0] ?? 0) / DAY_MS) * DAY_MS,
    lastDayMs - (days - 1) * DAY_MS,
  );
  const replay = new PointInTimeReplay({ events: frame.events, description });
  replay.advanceToTime(firstDayMs);
  const { models, observer } = await observedRelease(release, { ...options, replay });
  const rows: DriftRow[] = [];
  for (let dayMs = firstDayMs; dayMs <= lastDayMs; dayMs += DAY_MS) {
    onProgress(
      (dayMs - firstDayMs) / (lastDayMs - firstDayMs + DAY_MS),
      new Date(dayMs).toISOString().slice(0, 10),
    );
    observer.reset();
    await askForThoseWhoCame({ description, items, frame, models, replay, dayMs });
    const log = observeLog({ description, items, frame, replay, fromMs: dayMs, toMs: dayMs + DAY_MS });
    const observations = { ...log, ...observer.observations() };
    rows.push(...driftRows(reference, { dayMs, observations }));
  }
  return { release: release.manifest.version, reference, rows };
}

/** The release with its own tables, as it serves, on counters that go on. */
async function observedRelease(
  release: VerifiedRelease,
  { replay, ...options }: MeasureDriftOptions & { readonly replay: PointInTimeReplay },
): Promise<{ models: OfflineModels; observer: RankerObserver }> {
  const { items, readTensorFile, readJsonFile } = options;
  const { counters } = replay;
  const relations = {
    neighbours: NeighbourTable.fromTensors(await readTensorFile(release.filePath('neighbours.safetensors'))),
    linearWeights: LinearWeights.fromTensors(
      await readTensorFile(release.filePath('linear-weights.safetensors')),
    ),
  };
  const models = await releaseModels(release, { ...options, counters, relations });
  const featureSet = FeatureSet.fromJSON(
    (await readJsonFile(release.filePath('feature-set.json'))) as FeatureSetJson,
  );
  const features = new RankingFeatures({
    featureSet,
    items,
    counters,
    itemVectors: models.vectors,
    ...relations,
  });
  return RankerObserver.of(models, features);
}
