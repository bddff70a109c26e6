import { Counter, Gauge, type Registry } from 'prom-client';

export interface ReleaseMetrics {
  readonly loads: Counter;
  /** By the kind of the failure: an alert on it finds releases that no service can load. */
  readonly loadFailures: Counter<'kind'>;
  readonly loadDuration: Gauge;
  /** 1 for the release that serves. */
  readonly serving: Gauge<'release'>;
}

/** Registers what a release host counts; once per registry. */
export const releaseMetrics = (registry: Registry): ReleaseMetrics => ({
  loads: new Counter({
    name: 'winnow_release_loads_total',
    help: 'Releases that were verified, loaded and passed their golden check.',
    registers: [registry],
  }),
  loadFailures: new Counter({
    name: 'winnow_release_load_failures_total',
    help: 'Releases that could not be opened, loaded or did not pass their golden check.',
    labelNames: ['kind'],
    registers: [registry],
  }),
  loadDuration: new Gauge({
    name: 'winnow_release_load_seconds',
    help: 'Time that the newest load took, verification and golden check included.',
    registers: [registry],
  }),
  serving: new Gauge({
    name: 'winnow_release_serving',
    help: '1 for the release that answers requests that name none.',
    labelNames: ['release'],
    registers: [registry],
  }),
});
