import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '@winnow/domain';
import { DatasetError } from '../dataset-error';
import { dataFolders, type FindOptions } from '../find-dataset';
import { BENCHMARKS, type BenchmarkName } from './benchmark-catalogue';

/** Paths of a benchmark's files, one of each group; or an error that says where to fetch them. */
export function findBenchmark(
  name: BenchmarkName,
  options: FindOptions = {},
): Result<readonly string[], DatasetError> {
  const { title, folder, files, terms, instructions } = BENCHMARKS[name];
  const looked = (options.dataDirs ?? dataFolders()).map((dataFolder) => join(dataFolder, folder));
  for (const candidate of looked) {
    const found = files.map((names) =>
      names.map((file) => join(candidate, file)).find((path) => existsSync(path)),
    );
    if (found.every((path) => path !== undefined)) return ok(found);
  }
  return err(
    new DatasetError(
      'not-found',
      `${name} (${title}) was not found. Looked in:\n${looked.map((path) => `  ${path}`).join('\n')}\n` +
        `Winnow neither holds nor fetches it. Fetch it yourself: ${instructions}, and put it into ${looked[0]}.\n${terms}`,
    ),
  );
}
