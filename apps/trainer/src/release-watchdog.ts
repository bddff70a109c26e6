import { Gauge, type Registry } from 'prom-client';
import type { Clock, ModelRegistryReader } from '@winnow/domain';
import { cronPeriodMs } from '@winnow/platform';

export interface ReleaseWatchdogOptions {
  readonly releases: Pick<ModelRegistryReader, 'pointer' | 'list'>;
  /** The schedule of retraining: five fields, UTC. */
  readonly cron: string;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly warn: (fields: Readonly<Record<string, unknown>>, message: string) => void;
  /** How often it is looked. Default 60,000. */
  readonly checkMs?: number;
}

/** A run may be late, and one may be refused by the gate; that both happen is worth a look. */
const PERIODS_MAX = 2;
const CHECK_MS = 60_000;

/**
 * Warns when the serving release is older than twice the period of the schedule, whatever the reason: no trainer, runs that
 * fail, a gate that refuses everything, a schedule that was lost.
 */
export function watchReleaseAge(options: ReleaseWatchdogOptions): { check(): Promise<void>; stop(): void } {
  const { releases, clock, registry, warn } = options;
  const ageMaxMs = PERIODS_MAX * cronPeriodMs(options.cron, clock.nowMs());
  const age = new Gauge({
    name: 'winnow_release_age_seconds',
    help: 'Age of the release that serves; not a number while there is none.',
    registers: [registry],
  });
  const overdue = new Gauge({
    name: 'winnow_release_overdue',
    help: '1 while the release that serves is older than twice the period of the retraining schedule.',
    registers: [registry],
  });
  let wasOverdue = false;
  const check = async (): Promise<void> => {
    const { current } = await releases.pointer();
    const manifest = (await releases.list()).find(({ version }) => version === current);
    const ageMs = manifest ? clock.nowMs() - manifest.createdAtMs : NaN;
    const isOverdue = ageMs > ageMaxMs;
    age.set(ageMs / 1_000);
    overdue.set(isOverdue ? 1 : 0);
    if (isOverdue && !wasOverdue)
      warn(
        { release: current, ageMs, ageMaxMs },
        'the serving release is overdue: retraining brings no new one',
      );
    wasOverdue = isOverdue;
  };
  // A registry that cannot be read right now is looked at again.
  const look = (): void => void check().catch(() => undefined);
  look();
  const timer = setInterval(look, options.checkMs ?? CHECK_MS);
  timer.unref();
  return { check, stop: () => clearInterval(timer) };
}
