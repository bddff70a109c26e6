import { Counter, Gauge } from 'prom-client';
import { BullRetrainingQueue, startJobBoard, startRetrainingWorker } from '@winnow/job-queue';
import type { JobBoard } from '@winnow/job-queue';
import { ConfigError, loadDescription, runProcess, splitAddress } from '@winnow/platform';
import type { ProcessContext } from '@winnow/platform';
import { runStep } from '@winnow/training';
import { startBackend } from '@winnow/tensor';
import { watchCanary } from './canary/canary-watch';
import { currentRunId, openPorts, stepContext } from './composition-root';
import type { TrainerPorts } from './composition-root';
import { trainerSettings } from './config.schema';
import { DriftMetrics } from './drift-metrics';
import { watchReleaseAge } from './release-watchdog';

type TrainerContext = ProcessContext<typeof trainerSettings>;

/** How long a stopping worker waits for the step at hand; it is taken up again elsewhere afterwards. */
const STOP_GRACE_MS = 3_000;

/** Works through retraining jobs until stopped, and keeps the schedule registered. */
export const runWorker = (): Promise<void> =>
  runProcess({ name: 'trainer', settings: trainerSettings, start: startWorker });

async function startWorker(context: TrainerContext) {
  const { settings, logger, registry, setReadiness } = context;
  const description = await loadDescription(settings.configPath);
  const board = await openJobBoard(context, description.namespace);
  await startBackend({ forced: settings.backend, log: (line) => logger.info(line) });
  const ports = openPorts({ home: settings.home, redisUrl: settings.redisUrl, description });
  const queue = new BullRetrainingQueue({ url: settings.redisUrl, namespace: description.namespace });
  const durations = new Gauge({
    name: 'winnow_retraining_step_seconds',
    help: 'Duration of the newest run of each retraining step.',
    labelNames: ['step'],
    registers: [registry],
  });
  const failures = new Counter({
    name: 'winnow_retraining_step_failures_total',
    help: 'Attempts at retraining steps that failed.',
    labelNames: ['step'],
    registers: [registry],
  });
  const drift = new DriftMetrics({ registry, logger });
  const worker = startRetrainingWorker({
    url: settings.redisUrl,
    namespace: description.namespace,
    lockDurationMs: settings.lockDurationMs,
    handleStart: async () =>
      queue.enqueue({
        runId: await currentRunId(ports),
        requestedBy: 'schedule',
        requestedAtMs: ports.clock.nowMs(),
      }),
    handleStep: async ({ request, step, attempt, signal, progress }) => {
      const startedAtMs = ports.clock.monotonicMs();
      logger.info({ runId: request.runId, step, attempt }, 'step begins');
      const inputs = stepContext(ports, { runId: request.runId, step, signal, progress });
      const summary = await runStep(step, inputs);
      const durationMs = Math.round(ports.clock.monotonicMs() - startedAtMs);
      durations.set({ step }, durationMs / 1_000);
      logger.info({ runId: request.runId, step, durationMs, summary }, 'step done');
      // Before the pointer moves: what serves is compared.
      if (step === 'dataset') await drift.observe(ports);
      return summary;
    },
    onPublished: (runId) =>
      void tidyUp(ports, { runId, keepCount: settings.releaseKeepCount }).catch((thrown: Error) =>
        logger.warn({ runId, err: thrown }, 'a run left files behind'),
      ),
    onFailure: ({ step, reason, final }) => {
      failures.inc({ step });
      logger[final ? 'error' : 'warn']({ step, reason, final }, 'step failed');
    },
  });
  const register = keepScheduled(queue, description.retraining.cron, (reason) =>
    logger.warn({ reason }, 'the schedule is not registered yet'),
  );
  const watches = watchReleases(context, ports);
  setReadiness({ ready: true, detail: `schedule ${description.retraining.cron}` });
  return {
    stop: async () => {
      clearInterval(register);
      await watches.stop();
      await worker.stop(STOP_GRACE_MS);
      await board?.stop();
      await queue.close();
      await ports.close();
    },
  };
}

/** Keeps an eye on the release that serves, and on the one that is on trial. */
function watchReleases(
  { logger, registry: metrics }: TrainerContext,
  { description, eventLog, registry, clock }: TrainerPorts,
): { stop(): Promise<void> } {
  const age = watchReleaseAge({
    ...{ releases: registry, cron: description.retraining.cron, clock, registry: metrics },
    warn: (fields, message) => logger.warn(fields, message),
  });
  const canary = watchCanary({ description, eventLog, clock, logger, registry, metrics });
  return {
    stop: async () => {
      age.stop();
      await canary.stop();
    },
  };
}

/** Null unless an address is set for it. */
async function openJobBoard(
  { settings, logger }: TrainerContext,
  namespace: string,
): Promise<JobBoard | null> {
  const { jobBoardAddress, jobBoardPassword: password, redisUrl: url } = settings;
  if (jobBoardAddress === undefined) return null;
  if (password === undefined)
    throw new ConfigError('environment', [
      {
        path: 'WINNOW_JOB_BOARD_PASSWORD',
        message: 'is required with WINNOW_JOB_BOARD_ADDRESS: nobody may see the jobs without one',
      },
    ]);
  const { host, port } = splitAddress(jobBoardAddress);
  const board = await startJobBoard({ url, namespace, host, port, password });
  logger.info({ address: `${host}:${board.port}` }, 'the job board listens');
  return board;
}

/** A release holds all that serving needs: its run's working files go, and so do releases that are too old to roll back to. */
async function tidyUp(
  ports: TrainerPorts,
  { runId, keepCount }: { runId: string; keepCount: number },
): Promise<void> {
  const { run } = stepContext(ports, {
    runId,
    step: 'publish',
    signal: AbortSignal.abort(),
    progress: () => {},
  });
  await run.clear();
  await ports.registry.prune(keepCount);
}

const REGISTER_INTERVAL_MS = 60_000;

/** Registers the schedule now and again every minute: a Redis that was away, or emptied, gets it back. */
function keepScheduled(
  queue: BullRetrainingQueue,
  cron: string,
  onTrouble: (reason: string) => void,
): NodeJS.Timeout {
  const register = () => queue.schedule(cron).catch((thrown: Error) => onTrouble(thrown.message));
  void register();
  const timer = setInterval(() => void register(), REGISTER_INTERVAL_MS);
  timer.unref();
  return timer;
}
