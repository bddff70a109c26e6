import {
  HOLDOUT,
  userId,
  type EventColumns,
  type ExperimentDescription,
  type ExperimentsDescription,
  type Exposure,
} from '@winnow/domain';
import {
  ArmAssigner,
  buildExperimentReport,
  metricDefinitions,
  reportedEventTypes,
  type ExperimentReport,
} from '@winnow/experiments';
import { usageError } from '../command-error';
import type { ReadReportOptions } from './read-experiment-report';

const DAY_MS = 86_400_000;
const REST = 'everybody-else';

/**
 * All experiments together against nobody in any: whoever did something in the last `days` counts from the first thing
 * they did. The holdout is the control, and the hash alone says who is in it. Throws a usage error where it has no share.
 */
export async function readHoldoutReport(
  options: Omit<ReadReportOptions, 'experiment' | 'store'> & {
    readonly experiments: ExperimentsDescription;
    readonly nowMs: number;
    readonly days: number;
  },
): Promise<ExperimentReport> {
  const { description, experiments, eventLog, covariateDays, alpha, nowMs, days } = options;
  if (experiments.holdoutShare === 0)
    throw usageError(
      'nobody is held out: experiments.holdoutShare is 0',
      'set it in winnow.yaml, 0.01 say, and wait for those users',
    );
  const eventTypes = reportedEventTypes(description.events);
  const sinceMs = nowMs - days * DAY_MS;
  const events = await eventLog.readEvents({ eventTypes, fromMs: sinceMs - covariateDays * DAY_MS });
  return buildExperimentReport({
    ...{ events, covariateDays, alpha },
    experiment: holdoutOf(experiments),
    exposures: activeUsers(events, { sinceMs, assigner: new ArmAssigner({ experiments }) }),
    eventTypeCount: eventTypes.length,
    metrics: metricDefinitions(description.events),
  });
}

const holdoutOf = ({ holdoutShare }: ExperimentsDescription): ExperimentDescription => ({
  ...{ name: HOLDOUT, layer: 'all', traffic: [0, 1] },
  arms: [
    { name: HOLDOUT, weight: holdoutShare, surfaces: [] },
    { name: REST, weight: 1 - holdoutShare, surfaces: [] },
  ],
});

function activeUsers(
  events: EventColumns,
  { sinceMs, assigner }: { readonly sinceMs: number; readonly assigner: ArmAssigner },
): readonly Exposure[] {
  const firstAtMs = new Float64Array(events.userIds.length).fill(Infinity);
  for (let row = 0; row < events.count; row += 1) {
    const timeMs = events.timesMs[row];
    if (timeMs >= sinceMs) firstAtMs[events.users[row]] = Math.min(firstAtMs[events.users[row]], timeMs);
  }
  return events.userIds.flatMap((id, user) =>
    firstAtMs[user] === Infinity
      ? []
      : [
          {
            userId: userId(id),
            arm: assigner.isHeldOut(userId(id)) ? HOLDOUT : REST,
            firstAtMs: firstAtMs[user],
          },
        ],
  );
}
