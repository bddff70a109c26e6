import type { Registry } from 'prom-client';
import { ConfigError } from '../config/config-error';
import {
  readEnvironment,
  type ServiceName,
  type Setting,
  type Settings,
  type SettingValues,
} from '../config/environment';
import type { z } from 'zod';
import { createLogger, type Logger } from '../telemetry/logger';
import {
  createRegistry,
  type MetricsServer,
  type Readiness,
  startMetricsServer,
} from '../telemetry/metrics-server';
import { startTracing, type Tracing } from '../telemetry/tracing';
import { watchForEnd } from './process-end';

/** Exit codes: a configuration that cannot run is told from a crash, so that a supervisor does not retry it. */
export const EXIT_CRASHED = 1;
export const EXIT_MISCONFIGURED = 2;

const DRAIN_MS = 10_000;

/** What `commonSettings` gives, as far as `runProcess` itself needs it. */
interface ProcessSettings extends Settings {
  readonly logLevel: Setting<z.ZodType<'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'>>;
  readonly metricsAddress: Setting<z.ZodType<string>>;
  readonly otlpEndpoint: Setting<z.ZodType<string | undefined>>;
}

export interface ProcessContext<S extends Settings> {
  readonly settings: SettingValues<S>;
  readonly logger: Logger;
  readonly registry: Registry;
  /** What `/healthz` says from now on; the first `ready: true` is announced in the log. */
  setReadiness(readiness: Readiness): void;
}

export interface StartedProcess {
  /** Where it listens, for the ready line; absent for a process that listens nowhere. */
  readonly address?: string;
  /** Stops taking work, finishes what is in hand within `graceMs`, closes everything. */
  stop(graceMs: number): Promise<void>;
}

export interface RunProcessOptions<S extends ProcessSettings> {
  readonly name: ServiceName;
  /** `commonSettings(name)` and the process's own. */
  readonly settings: S;
  readonly start: (context: ProcessContext<S>) => Promise<StartedProcess>;
  /** How long calls in flight may take once the process was told to end. Default 10 s. */
  readonly drainMs?: number;
}

/** Tells a supervising parent over IPC how far the process is; ports may have been chosen by the system. */
export type ProcessMessage =
  | {
      readonly kind: 'listening';
      readonly name: string;
      readonly address?: string;
      readonly metricsAddress: string;
    }
  | ({ readonly kind: 'readiness'; readonly name: string } & Readiness);

/** IPC is a courtesy: a parent that is gone is noticed elsewhere. */
const tellParent = (message: ProcessMessage): void => {
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
};

/**
 * Runs a service as this whole process: reads the environment, sets up logs, metrics, health and traces, starts the
 * service, and ends it well.
 *
 * - SIGTERM or SIGINT: `stop`, then exit 0; a second signal exits at once.
 * - A bug that nobody caught is logged and exits 1.
 * - A `ConfigError` is printed and exits 2.
 * - With `WINNOW_SUPERVISED=1` the process ends when its IPC channel does, and leaves SIGINT to the supervisor.
 */
export async function runProcess<S extends ProcessSettings>(options: RunProcessOptions<S>): Promise<void> {
  let settings: SettingValues<S>;
  try {
    settings = readEnvironment(options.settings);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    process.stderr.write(`${options.name}: ${thrown.message}\n`);
    process.exit(EXIT_MISCONFIGURED);
  }
  const logger = createLogger({ service: options.name, level: settings.logLevel as 'info' });
  const running = new RunningProcess(options, settings, logger);
  watchForEnd({ logger, end: (reason) => running.end(reason), crashedCode: EXIT_CRASHED });
  await running.start();
}

class RunningProcess<S extends ProcessSettings> {
  #readiness: Readiness = { ready: false, detail: 'starting' };
  #wasReady = false;
  #ending = false;
  #started: StartedProcess | undefined;
  #metrics: MetricsServer | undefined;
  #tracing: Tracing | undefined;
  #starting: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: RunProcessOptions<S>,
    private readonly settings: SettingValues<S>,
    private readonly logger: Logger,
  ) {}

  start(): Promise<void> {
    this.#starting = this.#open().catch((thrown: unknown) => {
      const isConfig = thrown instanceof ConfigError;
      if (isConfig) process.stderr.write(`${this.options.name}: ${thrown.message}\n`);
      else this.logger.fatal({ err: thrown }, 'could not start');
      process.exit(isConfig ? EXIT_MISCONFIGURED : EXIT_CRASHED);
    });
    return this.#starting;
  }

  async #open(): Promise<void> {
    const { name, start } = this.options;
    const registry = createRegistry(name);
    this.#tracing = await startTracing({
      service: `winnow-${name}`,
      otlpEndpoint: this.settings['otlpEndpoint'] as string | undefined,
    });
    this.#metrics = await startMetricsServer({
      address: this.settings['metricsAddress'] as string,
      registry,
      readiness: () => this.#readiness,
    });
    this.#started = await start({
      settings: this.settings,
      logger: this.logger,
      registry,
      setReadiness: (readiness) => this.#setReadiness(readiness),
    });
    const { address } = this.#started;
    tellParent({ kind: 'listening', name, address, metricsAddress: this.#metrics.address });
    this.#announce();
  }

  #setReadiness(readiness: Readiness): void {
    const changed = readiness.ready !== this.#readiness.ready || readiness.detail !== this.#readiness.detail;
    this.#readiness = readiness;
    if (!changed) return;
    tellParent({ kind: 'readiness', name: this.options.name, ...readiness });
    const isLost = this.#wasReady && !readiness.ready && !this.#ending;
    if (isLost) this.logger.warn({ detail: readiness.detail }, 'not ready');
    this.#announce();
  }

  /** The one ready line: once it both listens and is ready. */
  #announce(): void {
    if (this.#wasReady || !this.#readiness.ready || !this.#started) return;
    this.#wasReady = true;
    const { address } = this.#started;
    const where = address === undefined ? '' : ` on ${address}`;
    const metricsAddress = this.#metrics?.address;
    const fields = { address, metricsAddress, detail: this.#readiness.detail };
    this.logger.info(
      fields,
      `${this.options.name} ready${where}, metrics on http://${metricsAddress}/metrics`,
    );
  }

  /** Resolves to the exit code. */
  async end(reason: string): Promise<number> {
    const graceMs = this.options.drainMs ?? DRAIN_MS;
    this.#ending = true;
    this.logger.info({ reason }, 'draining');
    this.#setReadiness({ ready: false, detail: 'draining' });
    // A process told to end while it starts finishes starting first: half-open resources have no handle to close.
    await this.#starting;
    try {
      await this.#started?.stop(graceMs);
      await this.#metrics?.stop();
      await this.#tracing?.stop();
      this.logger.info('stopped');
      return 0;
    } catch (thrown) {
      this.logger.error({ err: thrown }, 'could not stop well');
      return EXIT_CRASHED;
    }
  }
}
