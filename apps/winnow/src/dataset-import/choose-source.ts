import { join } from 'node:path';
import {
  attributionOf,
  type Dataset,
  DATASET_NAMES,
  isDatasetName,
  openDataset,
  openTable,
  parseColumnMapping,
  type TableFormat,
} from '@winnow/datasets';
import type { Description } from '@winnow/domain';
import { usageError } from '../command-error';
import type { Settings } from '../config.schema';
import type { ImportSource } from './import-source';
import { syntheticSource, type SyntheticSourceOptions } from './synthetic-source';

export const SYNTHETIC = 'synthetic';

/** What can be named after `winnow import`. */
export const SOURCE_NAMES: readonly string[] = [...DATASET_NAMES, SYNTHETIC];

/** A file of one's own, and how its columns map. */
export interface TableChoice {
  readonly path: string;
  readonly format: TableFormat;
  readonly mapping: string;
}

/** One of the known sets, or the synthetic world. Throws a usage error on any other name. */
export async function openNamedSource(
  name: string,
  settings: Settings,
  synthetic: SyntheticSourceOptions,
): Promise<ImportSource> {
  if (name === SYNTHETIC) return syntheticSource(synthetic);
  if (!isDatasetName(name))
    throw usageError(
      `there is no data set ${name}`,
      `choose one of ${SOURCE_NAMES.join(', ')}, or import a file of your own with --csv, --jsonl or --parquet`,
    );
  const { title, licence } = attributionOf(name);
  const dataset = await openDataset(name, { dataDirs: settings.dataFolders });
  return datasetSource(dataset, `${title}; ${licence}`);
}

/** A file of one's own. */
export async function openTableSource(
  { path, format, mapping }: TableChoice,
  description: Description,
): Promise<ImportSource> {
  const dataset = await openTable({
    path,
    format,
    mapping: parseColumnMapping(mapping),
    itemAttributes: description.items.attributes,
    userAttributes: description.users.attributes,
  });
  return datasetSource(dataset, path);
}

const datasetSource = (dataset: Dataset, attribution: string): ImportSource => ({
  name: dataset.name,
  attribution,
  batches: () => dataset.batches(),
});

/** Rows that one import refuses, under the home. */
export const quarantinePath = (folder: string, sourceName: string, nowMs: number): string =>
  join(folder, `${sourceName}-${new Date(nowMs).toISOString().replace(/[:.]/g, '-')}.jsonl`);
