import type { Ordinal } from '../ids';

/** What a search found, as parallel columns. */
export interface VectorHits {
  /** Best first. */
  readonly ordinals: Uint32Array;
  /** Inner products with the query. */
  readonly scores: Float32Array;
}

/** The request path sees only this. Vectors are L2-normalised float32 of `dimension`. */
export interface VectorIndexReader {
  readonly dimension: number;
  /** Vectors that can be found, deleted ones not counted. */
  count(): number;
  /** The `k` nearest by inner product; fewer when the index holds fewer. Non-finite queries are refused with a throw. */
  search(query: Float32Array, k: number): Promise<VectorHits>;
  /** A copy of what is stored, [dimension]; null for an ordinal that is not held, or was removed. */
  vector(ordinal: Ordinal): Promise<Float32Array | null>;
  /** Name of what answered (`hnsw`, `exact`), so that a test can prove which. */
  readonly kind: string;
  close(): Promise<void>;
}

/** Live changes after the build. */
export interface VectorIndexWriter {
  /** Adds or replaces. */
  upsert(ordinal: Ordinal, vector: Float32Array): Promise<void>;
  /** The ordinal never comes back from a search until it is upserted again. */
  remove(ordinal: Ordinal): Promise<void>;
}

/** An index that is searched while it changes. */
export type VectorIndex = VectorIndexReader & VectorIndexWriter;
