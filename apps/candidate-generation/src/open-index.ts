import { dirname } from 'node:path';
import { AnnIndexFailure, openExactIndex, openHnswIndex, type AnnIndexError } from '@winnow/ann-index';
import { err, ok, type Result, type VectorIndex, type VerifiedRelease } from '@winnow/domain';

const INDEX_FILE = 'index/index.json';
const VECTORS_FILE = 'item-vectors.safetensors';

/**
 * The release's index: HNSW, or the exact scan where the release has no other or the native library is missing, which
 * `onFallback` is told. Any other failure is the release's: it must not serve.
 */
export async function openIndex(
  release: VerifiedRelease,
  onFallback: (error: AnnIndexError) => void,
): Promise<Result<VectorIndex, AnnIndexError>> {
  const { dimension, index } = release.manifest;
  if (index.kind === 'hnsw') {
    const opened = await openHnswIndex({
      folder: dirname(release.filePath(INDEX_FILE)),
      dimension,
      shards: index.shards,
      efSearch: index.efSearch,
    });
    if (opened.ok || opened.error.kind !== 'native-library-missing') return opened;
    onFallback(opened.error);
  }
  try {
    return ok(await openExactIndex({ vectorsFile: release.filePath(VECTORS_FILE), dimension }));
  } catch (thrown) {
    if (thrown instanceof AnnIndexFailure) return err(thrown.error);
    throw thrown;
  }
}
