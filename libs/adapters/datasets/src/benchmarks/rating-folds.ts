import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RatingColumns } from '@winnow/evaluation';
import { DatasetError } from '../dataset-error';
import { readRows } from '../delimited-rows';
import { findDataset, type FindOptions } from '../find-dataset';
import { checkReadable } from '../text-files';

export interface RatingFolds {
  /** All ratings, in the order of the file. */
  readonly all: RatingColumns;
  /** Five splits whose test parts together are all ratings. */
  readonly folds: readonly { readonly train: RatingColumns; readonly test: RatingColumns }[];
}

const FOLDS = [1, 2, 3, 4, 5];
const TABS = { separator: '\t', quoted: false };
const FILES = FOLDS.flatMap((fold) => [`u${fold}.base`, `u${fold}.test`]);

/**
 * MovieLens 100K with the five folds that its publisher made; users and ordinals are the file's own numbers.
 *
 * @throws DatasetError when it is not there, lacks the folds, or is not what it should be.
 */
export async function readRatingFolds(options: FindOptions = {}): Promise<RatingFolds> {
  const found = findDataset('movielens-100k', options);
  if (!found.ok) throw found.error;
  const { folder } = found.value;
  const missing = FILES.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0)
    throw new DatasetError(
      'not-found',
      `${folder} lacks ${missing.join(', ')}: move it away and run \`winnow data get movielens-100k\`, or unpack them from GroupLens’ ml-100k.zip`,
    );
  const read = (file: string): Promise<RatingColumns> => readRatingColumns(join(folder, file));
  const folds = [];
  for (const fold of FOLDS)
    folds.push({ train: await read(`u${fold}.base`), test: await read(`u${fold}.test`) });
  return { all: await read('u.data'), folds };
}

/** Columns of user, item, rating, epoch seconds. */
async function readRatingColumns(path: string): Promise<RatingColumns> {
  await checkReadable(path);
  const values: number[] = [];
  for await (const rows of readRows({ path }, TABS))
    for (const { line, fields } of rows) {
      const numbers = fields.map(Number);
      if (numbers.length !== 4 || !numbers.every(Number.isFinite))
        throw new DatasetError('damaged', `${path}, line ${line}: expected user, item, rating and time`);
      values.push(...numbers);
    }
  const count = values.length / 4;
  const column = (offset: number): number[] =>
    Array.from({ length: count }, (_, row) => values[4 * row + offset]);
  return {
    users: Uint32Array.from(column(0)),
    ordinals: Uint32Array.from(column(1)),
    ratings: Float32Array.from(column(2)),
    timesMs: Float64Array.from(column(3), (seconds) => 1_000 * seconds),
  };
}
