import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { isDatasetName, openDataset } from '@winnow/datasets';
import { PoisonError } from '@winnow/domain';
import type { Description } from '@winnow/domain';
import { createEventLog } from '@winnow/event-log';
import { startEvaluationWorker } from '@winnow/job-queue';
import { describeTrial, homeFolders, parseDescription, readEnvironment } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import { measureTrial } from '@winnow/training';
import type { EvaluationHandler, StudySettings } from '@winnow/tuning';
import { exactIndexOf } from './composition-root';
import { trainerSettings } from './config.schema';
import { readDatasetFrame } from './dataset-frame';
import type { DatasetFrame } from './dataset-frame';
import { FileRunFolder } from './file-run-folder';
import { readHomeFrame } from './home-frame';

/** How long an evaluation may go on after its producer has gone. */
const STOP_GRACE_MS = 500;

/**
 * `trainer trials --study FOLDER --name NAME`: takes evaluations of one study from the queue until `winnow tune`, whose
 * child it is, lets go of it. The data is read once.
 */
export async function runTrials(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { study: { type: 'string', default: '' }, name: { type: 'string', default: '' } },
  });
  endWithParent();
  const settings = readEnvironment(trainerSettings);
  const study = JSON.parse(await readFile(join(values.study, 'study.json'), 'utf8')) as StudySettings;
  const source = join(values.study, 'winnow.yaml');
  const text = await readFile(source, 'utf8');
  const description = parseDescription(text, source);
  await startBackend({ forced: settings.backend, log: () => undefined });
  const worker = startEvaluationWorker({
    url: settings.redisUrl,
    namespace: description.namespace,
    study: values.name,
    handle: trialHandler({ study, text, source, folder: values.study, home: settings.home }),
    name: String(process.pid),
  });
  await orphaned();
  await worker.stop(STOP_GRACE_MS);
  process.exit(0);
}

const WATCH_INTERVAL_MS = 500;
/** A thread of its own, because training gives nothing else a turn for minutes. */
const WATCHER = `
  const { workerData } = require('node:worker_threads');
  setInterval(() => {
    if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL');
  }, workerData.intervalMs);
`;

/** A parent that was killed leaves nobody who wants the result. */
function endWithParent(): void {
  const workerData = { parent: process.ppid, intervalMs: WATCH_INTERVAL_MS };
  new Worker(WATCHER, { eval: true, workerData }).unref();
}

/** Resolves when the parent lets go or says stop. */
const orphaned = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('disconnect', () => resolve());
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });

interface TrialWork {
  readonly study: StudySettings;
  /** The winnow.yaml that the study began with. */
  readonly text: string;
  readonly source: string;
  readonly folder: string;
  /** Whose event log is read where the study names no data set. */
  readonly home: string;
}

function trialHandler({ study, text, source, folder, home }: TrialWork): EvaluationHandler {
  // With other settings of the towers in every trial nothing is shared.
  const kept = study.stage === 'rankers' ? new FileRunFolder(join(folder, 'kept')) : undefined;
  let data: Promise<DatasetFrame> | null = null;
  return async ({ request, signal, progress }) => {
    const description = describeTrial(text, source, request.settings);
    data ??= readData(study, { description: parseDescription(text, source), home });
    const { items, frame } = await data;
    const figures = await measureTrial({
      sources: { description, items, frame, exactIndexOf, kept },
      stage: study.stage,
      share: request.share,
      context: {
        seed: request.seed,
        signal,
        onProgress: (note, fraction) => progress(fraction, note),
      },
    });
    if (!Number.isFinite(figures.objective)) throw new PoisonError('NDCG@20 is not a number');
    return figures;
  };
}

/** Nothing that is tuned changes what is read. */
async function readData(
  { data, untilMs }: StudySettings,
  { description, home }: { readonly description: Description; readonly home: string },
): Promise<DatasetFrame> {
  if (data === null) {
    const eventLog = createEventLog({ folder: homeFolders(home).eventLog });
    try {
      return await readHomeFrame(eventLog, { description, untilMs: untilMs ?? Infinity });
    } finally {
      await eventLog.close();
    }
  }
  if (!isDatasetName(data)) throw new PoisonError(`there is no data set ${data}`);
  return readDatasetFrame(await openDataset(data), { description, firstOfEachPair: true });
}
