import type {
  Description,
  EventLogReader,
  ExperimentDescription,
  Exposure,
  ExposureReader,
} from '@winnow/domain';
import {
  buildExperimentReport,
  metricDefinitions,
  reportedEventTypes,
  type ExperimentReport,
} from '@winnow/experiments';

const DAY_MS = 86_400_000;

/** An experiment, the stores that know of it, and how to compare its arms. */
export interface ReadReportOptions {
  readonly description: Description;
  readonly experiment: ExperimentDescription;
  readonly store: { readonly servedSlates: ExposureReader };
  readonly eventLog: Pick<EventLogReader, 'readEvents'>;
  readonly covariateDays: number;
  readonly alpha: number;
}

/** Who was exposed, from the online store; what they did before and since, from the event log. */
export async function readExperimentReport(options: ReadReportOptions): Promise<ExperimentReport> {
  const { description, experiment, store, eventLog, covariateDays, alpha } = options;
  const exposures: Exposure[] = [];
  for await (const batch of store.servedSlates.exposures(experiment.name)) exposures.push(...batch);
  const firstAtMs = exposures.reduce((first, one) => Math.min(first, one.firstAtMs), Infinity);
  const eventTypes = reportedEventTypes(description.events);
  const events = await eventLog.readEvents({
    eventTypes,
    // Of nobody, nothing: a window that ends where it begins.
    ...(exposures.length > 0 ? { fromMs: firstAtMs - covariateDays * DAY_MS } : { fromMs: 0, toMs: 0 }),
  });
  return buildExperimentReport({
    ...{ experiment, exposures, events, covariateDays, alpha },
    eventTypeCount: eventTypes.length,
    metrics: metricDefinitions(description.events),
  });
}
