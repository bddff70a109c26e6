import { reasonOf } from '@winnow/domain';
import type { DriftReport } from '@winnow/reporting';
import { Gauge, type Registry } from 'prom-client';
import type { TrainerPorts } from './composition-root';
import { homeDrift } from './home-drift';
import { openRelease } from './release-in-the-past';

interface WarningLog {
  warn(details: Readonly<Record<string, unknown>>, message: string): void;
}

/** The newest day beside what the serving release was trained on, for Prometheus; measured at every retrain. */
export class DriftMetrics {
  private readonly psi: Gauge;
  private readonly logger: WarningLog;

  constructor({ registry, logger }: { readonly registry: Registry; readonly logger: WarningLog }) {
    this.logger = logger;
    this.psi = new Gauge({
      name: 'winnow_drift_psi',
      help: 'Population stability index of the newest day against the training of the release that served it; 0 within what chance does.',
      labelNames: ['feature'],
      registers: [registry],
    });
  }

  /** Never rejects: a retrain must not fail for a measurement. */
  async observe(ports: TrainerPorts): Promise<void> {
    try {
      if ((await ports.registry.pointer()).current === null) return;
      const report = await homeDrift({ ports, release: await openRelease(ports) }, { days: 1 });
      if (report) this.set(report);
    } catch (thrown) {
      this.logger.warn({ reason: reasonOf(thrown) }, 'drift was not measured');
    }
  }

  private set({ rows }: DriftReport): void {
    for (const { feature, psi, level } of rows)
      this.psi.set({ feature }, level === 'moderate' || level === 'major' ? psi : 0);
  }
}
