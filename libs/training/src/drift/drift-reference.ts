import { categoryDistribution, numberDistribution, type Distribution } from '@winnow/evaluation';
import { PointInTimeReplay } from '@winnow/features';
import type { DriftReference } from '@winnow/reporting';
import type { LogWindow, Observations } from './log-observations';
import { observeLog } from './log-observations';

const DAY_MS = 86_400_000;
/** Newest days of the training window that the log's part is of: a whole week. */
const REFERENCE_DAYS = 7;

/** The histograms of observations. */
export const distributionsOf = (observations: Observations): Record<string, Distribution> =>
  Object.fromEntries(
    Object.entries(observations).map(([name, observed]) => [
      name,
      observed.kind === 'number'
        ? numberDistribution(observed.values, observed.sampleCount)
        : categoryDistribution(observed.countOf, observed.sampleCount),
    ]),
  );

/** What a release keeps of the data that it was made from: the newest week of the log, and what its ranker was asked. */
export function driftReference(
  window: Pick<LogWindow, 'description' | 'items' | 'frame'>,
  ranker: Observations,
): DriftReference {
  const { events } = window.frame;
  const toMs = (events.timesMs[events.count - 1] ?? 0) + 1;
  const fromMs = Math.max(events.timesMs[0] ?? 0, toMs - REFERENCE_DAYS * DAY_MS);
  const replay = new PointInTimeReplay({ events, description: window.description });
  replay.advanceToTime(fromMs);
  const log = observeLog({ ...window, replay, fromMs, toMs });
  return { formatVersion: 1, fromMs, toMs, distributions: distributionsOf({ ...log, ...ranker }) };
}
