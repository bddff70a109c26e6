import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, EXIT } from '../command-error';
import { durationText } from '../output/quantities';
import { isServing, readinessDetail } from '../services/service-health';
import type { ServiceSpec } from '../services/service-plan';
import { type ChildExit, ChildService, type ServiceStatus } from './child-service';

export interface SupervisorOptions {
  readonly specs: readonly ServiceSpec[];
  readonly logFolder: string;
  /** One line about what happened: a crash, a restart, a kill. */
  readonly note: (text: string) => void;
  readonly onLine?: (name: string, line: string) => void;
  /** Time between SIGTERM and SIGKILL. */
  readonly graceMs?: number;
  readonly probe?: (spec: ServiceSpec) => Promise<boolean>;
}

const GRACE_MS = 15_000;
const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 10_000;
/** Up for this long, a service has earned a fresh start of its backoff. */
const STEADY_MS = 30_000;
const PROBE_EVERY_MS = 150;
/** The code by which a service says that its configuration is wrong: starting it again cannot help. */
const CONFIGURATION_EXIT_CODE = 2;

async function explained(child: ChildService): Promise<ServiceStatus> {
  const status = child.status();
  return status.phase === 'starting' ? { ...status, detail: await readinessDetail(child.spec) } : status;
}

/** Starts services as child processes, starts a crashed one again, and stops all of them in reverse order. */
export class Supervisor {
  /** Resolves when a service cannot be kept running; never rejects. */
  readonly failed: Promise<CommandError>;
  private readonly children: readonly ChildService[];
  private readonly probe: (spec: ServiceSpec) => Promise<boolean>;
  private readonly restarts = new Map<ChildService, NodeJS.Timeout>();
  private readonly backoffMs = new Map<ChildService, number>();
  private reportFailure!: (error: CommandError) => void;
  private stopping: Promise<void> | null = null;

  constructor(private readonly options: SupervisorOptions) {
    this.failed = new Promise((resolve) => (this.reportFailure = resolve));
    this.probe = options.probe ?? isServing;
    const { logFolder, onLine, specs } = options;
    const onExit = (exit: ChildExit): void => this.afterExit(exit);
    this.children = specs.map((spec) => new ChildService(spec, { logFolder, onLine, onExit }));
  }

  start(): void {
    for (const child of this.children) {
      child.start();
      void this.watch(child);
    }
  }

  statuses(): readonly ServiceStatus[] {
    return this.children.map((child) => child.status());
  }

  /** Resolves when every service serves, or when the time is up; the statuses tell which. */
  async ready(timeoutMs: number): Promise<readonly ServiceStatus[]> {
    const giveUpAt = performance.now() + timeoutMs;
    const waiting = (): boolean => this.statuses().some(({ phase }) => phase !== 'ready');
    while (waiting() && !this.stopping && performance.now() < giveUpAt) await sleep(PROBE_EVERY_MS / 3);
    return Promise.all(this.children.map(explained));
  }

  /** Stops all in reverse order; a repeated call returns the same promise. */
  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  /** Ends everything now. */
  kill(): void {
    void this.stop();
    for (const child of this.children) child.kill();
  }

  private async stopAll(): Promise<void> {
    for (const timer of this.restarts.values()) clearTimeout(timer);
    for (const child of [...this.children].reverse()) await child.stop(this.options.graceMs ?? GRACE_MS);
  }

  /** Marks a child ready once it serves; one round per start. */
  private async watch(child: ChildService): Promise<void> {
    const { pid } = child.status();
    while (!this.stopping && child.status().pid === pid && pid !== null) {
      if (await this.probe(child.spec)) {
        if (child.phase === 'starting' && child.status().pid === pid) child.phase = 'ready';
        return;
      }
      await sleep(PROBE_EVERY_MS);
    }
  }

  private afterExit({ service, code, signal, uptimeMs }: ChildExit): void {
    if (this.stopping) return;
    const { name } = service.spec;
    const how = signal ? `was ended by ${signal}` : `exited with code ${code ?? 'none'}`;
    if (code === CONFIGURATION_EXIT_CODE) {
      service.phase = 'failed';
      const error = new CommandError(
        `${name} refuses its configuration:\n${service.lastWords()}`,
        'correct what it names, then start again',
        EXIT.usage,
      );
      return this.reportFailure(error);
    }
    const backoffMs = uptimeMs > STEADY_MS ? BACKOFF_MIN_MS : (this.backoffMs.get(service) ?? BACKOFF_MIN_MS);
    this.backoffMs.set(service, Math.min(BACKOFF_MAX_MS, backoffMs * 2));
    service.phase = 'restarting';
    service.restartCount += 1;
    this.options.note(
      `${name} ${how}; starting it again in ${durationText(backoffMs)} (log: ${service.logPath})`,
    );
    const timer = setTimeout(() => {
      service.start();
      void this.watch(service);
    }, backoffMs);
    this.restarts.set(service, timer);
  }
}
