import type { AnnIndexError } from './ann-index-error';

/** What a shard's worker thread is started with. */
export interface ShardWorkerData {
  readonly file: string;
  readonly dimension: number;
  readonly count: number;
  readonly efSearch: number;
}

/** To the worker. `call` comes back with the answer. */
export type ShardRequest =
  | { readonly kind: 'search'; readonly call: number; readonly query: Float32Array; readonly k: number }
  | {
      readonly kind: 'upsert';
      readonly call: number;
      readonly ordinal: number;
      readonly vector: Float32Array;
    }
  | { readonly kind: 'remove'; readonly call: number; readonly ordinal: number }
  | { readonly kind: 'vector'; readonly call: number; readonly ordinal: number };

/** From the worker: one `ready` or `refused`, then one answer per request, in order. */
export type ShardReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly error: AnnIndexError }
  | {
      readonly kind: 'hits';
      readonly call: number;
      readonly ordinals: Uint32Array;
      readonly scores: Float32Array;
    }
  | { readonly kind: 'stored'; readonly call: number; readonly vector: Float32Array | null }
  | { readonly kind: 'changed'; readonly call: number; readonly count: number }
  | { readonly kind: 'failed'; readonly call: number; readonly reason: string };
