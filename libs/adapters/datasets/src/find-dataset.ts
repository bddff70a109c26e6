import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { err, ok, systemClock, type Clock, type Result } from '@winnow/domain';
import { DATASET_NAMES, datasetDefinition, isDatasetName, type DatasetDefinition } from './dataset-catalogue';
import { Dataset, type DatasetProgress } from './dataset';
import { DatasetError } from './dataset-error';

export interface FindOptions {
  /** Data folders in the order in which they are searched; `dataFolders()` by default. */
  readonly dataDirs?: readonly string[];
}

/** Where data sets are looked for: `WINNOW_DATA_DIR`, then `./data`, then `../shared/data`. */
export function dataFolders(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  workingFolder = process.cwd(),
): readonly string[] {
  const configured = environment['WINNOW_DATA_DIR'];
  const folders = [...(configured ? [configured] : []), 'data', join('..', 'shared', 'data')];
  return [...new Set(folders.map((folder) => resolve(workingFolder, folder)))];
}

export interface FoundDataset {
  readonly definition: DatasetDefinition;
  readonly folder: string;
  /** Names of the files to read, one of each group of the definition. */
  readonly files: readonly string[];
}

function filesIn(folder: string, definition: DatasetDefinition): string[] | null {
  const found = definition.files.map((names) => names.find((name) => existsSync(join(folder, name))));
  return found.every((name) => name !== undefined) ? found : null;
}

/** A data set's folder, or an error that says where it was looked for and how to get it. */
export function findDataset(name: string, options: FindOptions = {}): Result<FoundDataset, DatasetError> {
  if (!isDatasetName(name))
    return err(
      new DatasetError('unknown', `there is no data set ${name}; known: ${DATASET_NAMES.join(', ')}`),
    );
  const definition = datasetDefinition(name);
  const looked: string[] = [];
  for (const dataFolder of options.dataDirs ?? dataFolders())
    for (const candidate of definition.folders) {
      const folder = join(dataFolder, candidate);
      const files = filesIn(folder, definition);
      if (files !== null) return ok({ definition, folder, files });
      looked.push(existsSync(folder) ? `${folder} (lacks ${missingFiles(folder, definition)})` : folder);
    }
  return err(
    new DatasetError(
      'not-found',
      `${name} was not found. Looked in:\n${looked.map((path) => `  ${path}`).join('\n')}\n` +
        `Run \`winnow data get ${name}\`, or set WINNOW_DATA_DIR to the folder that holds ${definition.folders[0]}/`,
    ),
  );
}

const missingFiles = (folder: string, { files }: DatasetDefinition): string =>
  files
    .filter((names) => !names.some((name) => existsSync(join(folder, name))))
    .map(([name]) => name)
    .join(', ');

export interface OpenOptions extends FindOptions {
  readonly clock?: Clock;
  /** Told as bytes are read, some times a megabyte. */
  readonly onProgress?: (progress: DatasetProgress) => void;
}

/**
 * Opens one of the known data sets.
 *
 * @throws DatasetError when it is unknown, not there, cut short or damaged; nothing was read then.
 */
export async function openDataset(name: string, options: OpenOptions = {}): Promise<Dataset> {
  const found = findDataset(name, options);
  if (!found.ok) throw found.error;
  const { definition, folder, files } = found.value;
  return Dataset.open({
    name,
    files: files.map((file) => join(folder, file)),
    eventTypes: definition.eventTypes,
    read: definition.reader(folder, files),
    nowMs: (options.clock ?? systemClock).nowMs(),
    onProgress: options.onProgress,
  });
}
