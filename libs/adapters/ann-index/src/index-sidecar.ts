import { open, readFile } from 'node:fs/promises';
import { err, ok, reasonOf, type Result } from '@winnow/domain';
import { annIndexError, type AnnIndexError } from './ann-index-error';
import { sidecarFile } from './shard-layout';

/** `index.json` beside the shard files: what hnswlib's own files do not say. */
export interface IndexSidecar {
  readonly formatVersion: 1;
  readonly dimension: number;
  readonly shards: number;
  readonly m: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  readonly recallAt500: number;
  /** Vectors per shard. */
  readonly counts: readonly number[];
}

export async function writeSidecar(folder: string, sidecar: IndexSidecar): Promise<void> {
  const handle = await open(sidecarFile(folder), 'w');
  try {
    await handle.writeFile(`${JSON.stringify(sidecar, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function readSidecar(folder: string): Promise<Result<IndexSidecar, AnnIndexError>> {
  const path = sidecarFile(folder);
  try {
    const sidecar = JSON.parse(await readFile(path, 'utf8')) as IndexSidecar;
    const sound =
      sidecar.formatVersion === 1 &&
      Number.isInteger(sidecar.dimension) &&
      Number.isInteger(sidecar.shards) &&
      Array.isArray(sidecar.counts) &&
      sidecar.counts.length === sidecar.shards &&
      sidecar.counts.every((count) => Number.isInteger(count) && count >= 0);
    return sound ? ok(sidecar) : err(annIndexError('damaged', `${path}: not an index description`));
  } catch (thrown) {
    return err(annIndexError('damaged', `${path}: ${reasonOf(thrown)}`));
  }
}
