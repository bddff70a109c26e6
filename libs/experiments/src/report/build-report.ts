import type { EventColumns, ExperimentDescription, Exposure } from '@winnow/domain';
import { effectOf } from '../statistics/effect';
import { checkSampleRatio } from '../statistics/sample-ratio';
import type { ExperimentReport } from './experiment-report';
import { UserOutcomes, type MetricDefinition } from './user-outcomes';

/** Who was exposed, what everybody did, and how to compare them. */
export interface BuildReportOptions {
  readonly experiment: ExperimentDescription;
  readonly exposures: readonly Exposure[];
  /** From `covariateDays` before the first exposure on, by the event types that `metrics` speak of. */
  readonly events: EventColumns;
  readonly eventTypeCount: number;
  readonly metrics: readonly MetricDefinition[];
  /** 0: no covariate. */
  readonly covariateDays: number;
  readonly alpha: number;
}

/** Compares every arm with the control, the first arm, in every metric. O(events + users · arms · metrics). */
export function buildExperimentReport(options: BuildReportOptions): ExperimentReport {
  const { experiment, exposures, events, metrics, covariateDays, alpha } = options;
  const armNames = experiment.arms.map(({ name }) => name);
  const outcomes = new UserOutcomes({ ...options, armNames });
  outcomes.add(events);
  const arms = experiment.arms.map(({ name, weight }, index) => ({
    ...{ arm: name, weight },
    userCount: outcomes.arms.reduce((count, arm) => count + Number(arm === index), 0),
  }));
  return {
    ...{ experiment: experiment.name, layer: experiment.layer, control: armNames[0], arms },
    ...{ covariateDays, alpha },
    exposures: spanOf(exposures),
    sampleRatio: checkSampleRatio(arms),
    metrics: metrics.flatMap((metric) => {
      const control = outcomes.outcomes(metric, 0);
      return armNames
        .slice(1)
        .map((arm, index) => ({
          ...{ metric: metric.name, arm },
          effect: effectOf(control, outcomes.outcomes(metric, index + 1), { alpha }),
        }))
        .filter(({ effect }) => Number.isFinite(effect.difference));
    }),
  };
}

function spanOf(exposures: readonly Exposure[]): ExperimentReport['exposures'] {
  let [fromMs, toMs] = [Infinity, -Infinity];
  for (const { firstAtMs } of exposures) {
    fromMs = Math.min(fromMs, firstAtMs);
    toMs = Math.max(toMs, firstAtMs);
  }
  return exposures.length > 0 ? { fromMs, toMs } : null;
}
