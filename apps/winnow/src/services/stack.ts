import { join } from 'node:path';
import { homeFolders, type LocalRedis } from '@winnow/platform';
import type { CommandError } from '../command-error';
import { installationFolder, type Settings } from '../config.schema';
import { type CommandContext, requireDescription } from '../context';
import { renderTable } from '../output/table';
import type { ServiceStatus } from '../supervisor/child-service';
import { lockHome } from '../supervisor/home-lock';
import { Supervisor } from '../supervisor/supervisor';
import { startKeptRedis } from './kept-redis';
import { requireFreePorts } from './port-check';
import { LOCAL_HOST, planServices } from './service-plan';

export interface StackOptions {
  readonly portBase: number;
  readonly verbose?: boolean;
  /** Replicas of the orchestrator; 1 when left out. */
  readonly orchestrators?: number;
}

/** Redis and every service, running under this process. */
export interface Stack {
  readonly redisUrl: string;
  /** Resolves when a service cannot be kept running. */
  readonly failed: Promise<CommandError>;
  ready(timeoutMs: number): Promise<readonly ServiceStatus[]>;
  /** What to do next, in a line or two, given how the services are doing. */
  advice(statuses: readonly ServiceStatus[]): string;
  /** Stops services, then Redis; a second Ctrl-C while it waits kills them. */
  stop(): Promise<void>;
}

/** Starts everything; what was started is stopped again when a step fails. */
export async function startStack(
  settings: Settings,
  context: CommandContext,
  options: StackOptions,
): Promise<Stack> {
  const { path: configPath } = await requireDescription(settings, context);
  const plan = (redisUrl: string) =>
    planServices({
      portBase: options.portBase,
      distFolder: join(installationFolder(), 'dist'),
      orchestratorCount: options.orchestrators,
      environment: { WINNOW_HOME: settings.home, WINNOW_CONFIG: configPath, REDIS_URL: redisUrl },
    });
  const lockFor = (redisUrl: string) =>
    lockHome(settings.home, {
      pid: process.pid,
      portBase: options.portBase,
      redisUrl,
      startedAtMs: context.clock.nowMs(),
    });
  // First the lock: it tells a second start where the first one runs, rather than that ports are taken.
  lockFor('').release();
  await requireFreePorts(plan(''));
  const redis = await startKeptRedis(settings, context, 'online state, event streams and the job queue');
  let lock: { release(): void };
  try {
    lock = lockFor(redis.url);
  } catch (thrown) {
    await redis.stop();
    throw thrown;
  }
  const supervisor = new Supervisor({
    specs: plan(redis.url),
    logFolder: homeFolders(settings.home).logs,
    note: (text) => context.terminal.note(text),
    onLine: options.verbose ? (name, line) => context.terminal.note(`${name} | ${line}`) : undefined,
  });
  supervisor.start();
  return runningStack({ supervisor, redis, lock, settings, context, options });
}

function runningStack(parts: {
  readonly supervisor: Supervisor;
  readonly redis: LocalRedis;
  readonly lock: { release(): void };
  readonly settings: Settings;
  readonly context: CommandContext;
  readonly options: StackOptions;
}): Stack {
  const { supervisor, redis, lock, settings, options } = parts;
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    const impatient = (): void => supervisor.kill();
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, impatient);
    await supervisor.stop();
    await redis.stop();
    lock.release();
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, impatient);
  };
  return {
    redisUrl: redis.url,
    failed: supervisor.failed,
    ready: (timeoutMs) => supervisor.ready(timeoutMs),
    advice: (statuses) => adviceFor(statuses, settings, options.portBase),
    stop: () => (stopping ??= stop()),
  };
}

function adviceFor(statuses: readonly ServiceStatus[], settings: Settings, portBase: number): string {
  const waiting = statuses.filter(({ phase }) => phase !== 'ready').map(({ name }) => name);
  const front = `gRPC on ${LOCAL_HOST}:${portBase}, logs in ${homeFolders(settings.home).logs}; Ctrl-C stops everything`;
  if (waiting.length === 0) return front;
  return `not ready: ${waiting.join(', ')} – without a release this is expected: make one with npx winnow train\n${front}`;
}

/** Name, ports, pid and state of each service. */
export const renderStatuses = (statuses: readonly ServiceStatus[]): string =>
  renderTable(
    [
      { title: 'service', cell: ({ name }) => name },
      { title: 'port', align: 'right', cell: ({ grpcPort }) => grpcPort ?? '–' },
      { title: 'metrics', align: 'right', cell: ({ metricsPort }) => metricsPort },
      { title: 'pid', align: 'right', cell: ({ pid }) => pid ?? '–' },
      { title: 'status', cell: ({ phase, detail }) => (detail ? `${phase}: ${detail}` : phase) },
    ],
    statuses,
  );
