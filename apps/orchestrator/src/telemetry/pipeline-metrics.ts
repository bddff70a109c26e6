import type { ComponentHealth, PipelineObserver } from '@winnow/pipeline';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const BUCKETS_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5];

/** What the orchestrator counts besides the server's own metrics. */
export interface OrchestratorMetrics {
  readonly observer: PipelineObserver;
  /** `winnow_requests_shed_total`. */
  onShed(): void;
  /** `winnow_release_reruns_total`. */
  onRerun(): void;
}

/** Registers the funnel's metrics; gauges are read when they are scraped. */
export function orchestratorMetrics(options: {
  readonly registry: Registry;
  readonly health: ComponentHealth;
  readonly pinnedRelease: () => string;
}): OrchestratorMetrics {
  const { registry, health, pinnedRelease } = options;
  const registers = [registry];
  const shed = new Counter({
    name: 'winnow_requests_shed_total',
    help: 'Requests refused because too many were in flight.',
    registers,
  });
  const reruns = new Counter({
    name: 'winnow_release_reruns_total',
    help: 'Requests run anew because a stage had lost the pinned release.',
    registers,
  });
  registerGauges({ registers, health, pinnedRelease });
  return { observer: funnelObserver(registers), onShed: () => shed.inc(), onRerun: () => reruns.inc() };
}

function funnelObserver(registers: Registry[]): PipelineObserver {
  const stages = new Histogram({
    name: 'winnow_stage_duration_seconds',
    help: 'Wall time of each funnel stage.',
    labelNames: ['surface', 'stage'],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const candidates = new Counter({
    name: 'winnow_stage_candidates_total',
    help: 'Candidates that left each funnel stage.',
    labelNames: ['surface', 'stage'],
    registers,
  });
  const components = new Histogram({
    name: 'winnow_component_duration_seconds',
    help: 'Time of each call to a component that can fail, by outcome: ok or the kind of failure.',
    labelNames: ['component', 'outcome'],
    buckets: BUCKETS_SECONDS,
    registers,
  });
  const degraded = new Counter({
    name: 'winnow_degraded_total',
    help: 'Requests that went on without a component, by kind of its failure.',
    labelNames: ['surface', 'component', 'kind'],
    registers,
  });
  const removed = new Counter({
    name: 'winnow_filtered_total',
    help: 'Candidates taken out by each filter.',
    labelNames: ['surface', 'filter'],
    registers,
  });
  const sideEffects = new Counter({
    name: 'winnow_side_effect_failures_total',
    help: 'Side effects that failed after the reply.',
    labelNames: ['surface', 'component'],
    registers,
  });
  return {
    stageFinished: (surface, { stage, durationMs, countOut }) => {
      stages.observe({ surface, stage }, durationMs / 1_000);
      candidates.inc({ surface, stage }, countOut);
    },
    componentFinished: (_surface, { component, durationMs, error }) =>
      components.observe({ component, outcome: error?.kind ?? 'ok' }, durationMs / 1_000),
    degraded: (surface, { component, kind }) => degraded.inc({ surface, component, kind }),
    removed: (surface, filter, count) => removed.inc({ surface, filter }, count),
    sideEffectFailed: (surface, component) => sideEffects.inc({ surface, component }),
  };
}

function registerGauges(options: {
  readonly registers: Registry[];
  readonly health: ComponentHealth;
  readonly pinnedRelease: () => string;
}): void {
  const { registers, health, pinnedRelease } = options;
  new Gauge({
    name: 'winnow_quality_factor',
    help: 'Share of its candidates that a component is given now, 0.1 to 1.',
    labelNames: ['component'],
    registers,
    collect() {
      for (const [component, value] of health.qualities()) this.set({ component }, value);
    },
  });
  new Gauge({
    name: 'winnow_circuit_open',
    help: '1 for each component that is not called because it kept failing.',
    labelNames: ['component'],
    registers,
    collect() {
      this.reset();
      for (const component of health.openCircuits()) this.set({ component }, 1);
    },
  });
  new Gauge({
    name: 'winnow_release_pinned',
    help: '1 for the release that requests are pinned to.',
    labelNames: ['release'],
    registers,
    collect() {
      this.reset();
      const release = pinnedRelease();
      if (release !== '') this.set({ release }, 1);
    },
  });
}
