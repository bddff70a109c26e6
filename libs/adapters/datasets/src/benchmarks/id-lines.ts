import { basename } from 'node:path';
import { DatasetError } from '../dataset-error';
import { readRows } from '../delimited-rows';
import { checkReadable } from '../text-files';

/** One line of such a file. */
export interface IdLine {
  /** From 1. */
  readonly line: number;
  readonly ids: readonly number[];
}

const ID_MAX = 2 ** 26;
const SPACED = { separator: ' ', quoted: false };

/**
 * The lines of a file of whole numbers with spaces between them, gzipped or not. A benchmark is what was published or
 * nothing, so one bad line refuses the file.
 *
 * @throws DatasetError naming file and line.
 */
export async function* readIdLines(path: string): AsyncGenerator<IdLine> {
  await checkReadable(path);
  for await (const rows of readRows({ path }, SPACED))
    for (const { line, raw } of rows) {
      const ids = raw.trim().split(/\s+/).map(Number);
      if (!ids.every((id) => Number.isInteger(id) && id >= 0 && id < ID_MAX))
        throw new DatasetError(
          'damaged',
          `${basename(path)}, line ${line}: expected whole numbers with spaces between them`,
        );
      yield { line, ids };
    }
}
