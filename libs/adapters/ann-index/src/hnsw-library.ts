import { createRequire } from 'node:module';
import type { HierarchicalNSW } from 'hnswlib-node';
import { err, ok, reasonOf, type Result } from '@winnow/domain';
import { annIndexError, type AnnIndexError } from './ann-index-error';

/** The part of hnswlib-node that is used. It is synchronous and takes `number[]` only. */
export interface HnswLibrary {
  readonly HierarchicalNSW: new (space: 'ip', dimension: number) => HierarchicalNSW;
}

/** Loads the native library, which an installation without a compiler does not have. */
export function loadHnswLibrary(moduleName = 'hnswlib-node'): Result<HnswLibrary, AnnIndexError> {
  try {
    return ok(createRequire(import.meta.url)(moduleName) as HnswLibrary);
  } catch (thrown) {
    return err(
      annIndexError('native-library-missing', `${moduleName} cannot be loaded: ${reasonOf(thrown)}`),
    );
  }
}
