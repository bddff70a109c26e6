import { meanOfRepetitions } from '../metrics/confidence';
import type { ModelRun } from './comparison-report';
import type { MetricValue } from './metric-value';

/** One figure for each that the runs have: over seeds when there are several runs, else the only run's own. */
export function summariseRuns(runs: readonly Pick<ModelRun, 'metrics'>[]): readonly MetricValue[] {
  const [first] = runs;
  if (runs.length < 2) return first?.metrics ?? [];
  return first.metrics.map(({ metric, k }, index) => ({
    metric,
    k,
    ...meanOfRepetitions(runs.map(({ metrics }) => metrics[index].mean)),
    intervalOver: 'seeds' as const,
  }));
}
