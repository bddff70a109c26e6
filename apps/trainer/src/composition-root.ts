import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AnnIndexFailure, buildIndex, ExactIndex } from '@winnow/ann-index';
import { systemClock } from '@winnow/domain';
import type { Clock, Description, RetrainingStep } from '@winnow/domain';
import { createEventLog } from '@winnow/event-log';
import type { EventLog } from '@winnow/event-log';
import { createFileModelRegistry, readTensorFile } from '@winnow/model-registry';
import type { ModelRegistry } from '@winnow/model-registry';
import { createOnlineStore } from '@winnow/online-store';
import type { OnlineStore } from '@winnow/online-store';
import { homeFolders } from '@winnow/platform';
import { runIdOf } from '@winnow/training';
import type { BuildIndex, ExactIndexOf, StepContext } from '@winnow/training';
import { archivedCursors } from './cursors';
import { FileRunFolder } from './file-run-folder';
import { CODE_VERSION } from './code-version';

/** Stores of one home, open. */
export interface TrainerPorts {
  readonly description: Description;
  readonly runsFolder: string;
  readonly eventLog: EventLog;
  readonly store: OnlineStore;
  readonly registry: ModelRegistry;
  readonly clock: Clock;
  close(): Promise<void>;
}

const READ_TIMEOUT_MS = 30_000;

export function openPorts(options: {
  home: string;
  redisUrl: string;
  description: Description;
}): TrainerPorts {
  const folders = homeFolders(options.home);
  const eventLog = createEventLog({ folder: folders.eventLog });
  const store = createOnlineStore({
    url: options.redisUrl,
    description: options.description,
    readTimeoutMs: READ_TIMEOUT_MS,
    writeTimeoutMs: READ_TIMEOUT_MS,
  });
  return {
    description: options.description,
    runsFolder: folders.runs,
    eventLog,
    store,
    registry: createFileModelRegistry({ folder: folders.registry }),
    clock: systemClock,
    close: async () => {
      await store.close();
      await eventLog.close();
    },
  };
}

/** Id of the run that the data, the description and the code at hand make. */
export async function currentRunId({ eventLog, description, store }: TrainerPorts): Promise<string> {
  const [stats, event, change] = [
    await eventLog.stats(),
    await store.eventFeed.head(),
    await store.catalogFeed.head(),
  ];
  const dataVersion = JSON.stringify([
    stats.eventCount,
    stats.lastEventAtMs,
    stats.catalogChangeCount,
    event,
    change,
  ]);
  return runIdOf({ description, dataVersion, codeVersion: CODE_VERSION });
}

export interface StepRequest {
  readonly runId: string;
  readonly step: RetrainingStep;
  readonly signal: AbortSignal;
  readonly progress: (fraction: number, note: string) => void;
}

/** What a step of this run may use. */
export function stepContext(ports: TrainerPorts, { runId, signal, progress }: StepRequest): StepContext {
  const { description, eventLog, registry, clock, store, runsFolder } = ports;
  return {
    description,
    run: new FileRunFolder(join(runsFolder, runId)),
    eventLog,
    slateLog: eventLog.slates,
    cursors: () => archivedCursors(store, signal),
    registry,
    buildIndex: buildHnswIndex,
    exactIndexOf,
    readTensorFile,
    readJsonFile: async (path) => JSON.parse(await readFile(path, 'utf8')) as unknown,
    codeVersion: CODE_VERSION,
    clock,
    signal,
    // Every training reports each of its steps: the one place where all of them can be stopped.
    progress: (fraction, note) => {
      signal.throwIfAborted();
      progress(fraction, note);
    },
  };
}

/** Builds the index in processes of its own; where hnswlib cannot be loaded, the exact one serves instead. */
const buildHnswIndex: BuildIndex = async (options) => {
  const { vectorsPath, onProgress, ...settings } = options;
  const built = await buildIndex({
    ...settings,
    source: { vectorsFile: vectorsPath },
    onProgress: ({ phase, doneCount, totalCount, perSecond, remainingMs }) =>
      onProgress(
        doneCount / Math.max(1, totalCount),
        `${phase} ${doneCount} of ${totalCount}, ${Math.round(perSecond)}/s, ${Math.ceil(remainingMs / 1000)} s left`,
      ),
  });
  if (!built.ok) {
    if (built.error.kind !== 'native-library-missing') throw new AnnIndexFailure(built.error);
    return { kind: 'exact', shards: 1, m: 0, efConstruction: 0, efSearch: 0, recallAt500: 1 };
  }
  const { shards, m, efConstruction } = settings;
  return {
    kind: 'hnsw',
    shards,
    m,
    efConstruction,
    efSearch: built.value.efSearch,
    recallAt500: built.value.recallAt500,
  };
};

export const exactIndexOf: ExactIndexOf = (vectors, dimension) => ExactIndex.fromVectors(vectors, dimension);
