import type { VectorHits } from '@winnow/domain';
import type { AnnIndexError } from './ann-index-error';

/** To the process that builds one shard. It ends when its parent goes. */
export type BuilderRequest =
  | {
      readonly kind: 'build';
      readonly vectorsFile: string;
      readonly file: string;
      readonly dimension: number;
      readonly shard: number;
      readonly shards: number;
      readonly m: number;
      readonly efConstruction: number;
      readonly seed: number;
    }
  /** The true nearest of this shard's vectors, by scanning the file. */
  | { readonly kind: 'scan'; readonly queries: Float32Array; readonly k: number }
  | {
      readonly kind: 'search';
      readonly queries: Float32Array;
      readonly k: number;
      readonly efSearch: number;
    };

/** From the builder: any number of `progress`, then one of the others per request. */
export type BuilderReply =
  | { readonly kind: 'progress'; readonly rowCount: number }
  | { readonly kind: 'built'; readonly count: number; readonly bytes: number }
  /** One per query. */
  | { readonly kind: 'hits'; readonly hits: readonly VectorHits[] }
  | { readonly kind: 'failed'; readonly error: AnnIndexError };
