import { Counter, Gauge, type Registry } from 'prom-client';
import type { CanaryReport } from '@winnow/domain';
import type { Logger } from '@winnow/platform';
import { lookAtCanary, type CanaryStores } from './look-at-canary';

export interface CanaryWatchOptions extends CanaryStores {
  readonly metrics: Registry;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Between two looks. Default 300,000. */
  readonly lookMs?: number;
}

const LOOK_MS = 300_000;
/** Share of the time that looking may take: over a large log a look takes minutes. */
const LOOK_SHARE_MAX = 0.05;

/** Looks at the canary again and again until it is stopped; what fails is logged, counted, and tried at the next look. */
export function watchCanary(options: CanaryWatchOptions): { look(): Promise<void>; stop(): Promise<void> } {
  const { metrics, logger, clock, lookMs = LOOK_MS } = options;
  const figures = canaryFigures(metrics);
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const look = async (): Promise<void> => {
    try {
      const report = await lookAtCanary(options);
      figures.show(report);
      if (report && report.state !== 'running')
        logger.info(
          { release: report.version, state: report.state, reason: report.reason },
          'canary decided',
        );
    } catch (thrown) {
      figures.failures.inc();
      logger.warn({ err: thrown }, 'the canary could not be looked at');
    }
  };
  const turn = async (): Promise<void> => {
    const startedAtMs = clock.monotonicMs();
    await look();
    if (isStopped) return;
    const restMs = Math.max(lookMs, (clock.monotonicMs() - startedAtMs) / LOOK_SHARE_MAX);
    timer = setTimeout(() => (looking = turn()), restMs);
    timer.unref();
  };
  let looking = turn();
  return {
    look,
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

function canaryFigures(metrics: Registry) {
  const registers = [metrics];
  const users = new Gauge({
    name: 'winnow_canary_users',
    help: 'Users that the canary is judged by, and those of the current release beside them; 0 without a canary.',
    labelNames: ['group'],
    registers,
  });
  const valueChange = new Gauge({
    name: 'winnow_canary_value_change',
    help: 'Value per user under the canary against the current release, relative; not a number while unknown.',
    registers,
  });
  const verdicts = new Counter({
    name: 'winnow_canary_verdicts_total',
    help: 'Canaries that were promoted or dropped by what their users did.',
    labelNames: ['verdict'],
    registers,
  });
  const failures = new Counter({
    name: 'winnow_canary_look_failures_total',
    help: 'Looks at the canary that failed.',
    registers,
  });
  // So that the first verdict is an increase.
  for (const verdict of ['promoted', 'dropped']) verdicts.inc({ verdict }, 0);
  const show = (report: CanaryReport | null): void => {
    for (const group of ['current', 'canary'] as const)
      users.set({ group }, report?.groups[group].userCount ?? 0);
    const { difference, current } = report?.value ?? { difference: null, current: null };
    valueChange.set(difference === null || !current ? NaN : difference / Math.abs(current));
    if (report?.state === 'promoted' || report?.state === 'dropped') verdicts.inc({ verdict: report.state });
  };
  return { show, failures };
}
