import { Counter, Histogram, type Registry } from 'prom-client';
import type { ShadowSlate } from '../serving/shadow';

/** Counts what the canary answers unseen. */
export function shadowMetrics(registry: Registry): (shadow: ShadowSlate) => void {
  const registers = [registry];
  const slates = new Counter({
    name: 'winnow_shadow_slates_total',
    help: 'Requests that the canary answered unseen, by outcome: whole, degraded or failed.',
    labelNames: ['outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'winnow_shadow_duration_seconds',
    help: 'Time that the canary took for an unseen slate, without budgets.',
    buckets: [0.01, 0.02, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1],
    registers,
  });
  const overlaps = new Histogram({
    name: 'winnow_shadow_overlap',
    help: 'Share of a served slate that is in the unseen one.',
    buckets: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
    registers,
  });
  return ({ outcome, durationMs, overlap }) => {
    slates.inc({ outcome });
    durations.observe(durationMs / 1_000);
    if (overlap !== null) overlaps.observe(overlap);
  };
}
