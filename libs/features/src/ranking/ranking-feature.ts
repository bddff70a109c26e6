import type { QueryFeatures } from '@winnow/domain';
import type { ItemCounters } from '../counters/item-counters';
import type { FeatureSet } from '../encoding/feature-set';
import type { ItemTable } from '../items/item-table';
import type { LinearWeights } from '../linear/linear-weights';
import type { NeighbourTable } from '../neighbours/neighbour-table';
import type { PreparedHistory } from './prepared-history';

/** Output of the item tower by ordinal. */
export interface ItemVectors {
  readonly dimension: number;
  /** L2-normalised [dimension]; null for an item without a vector. */
  vector(ordinal: number): Float32Array | null;
}

/** Everything that ranking features read; shared by training and serving. */
export interface RankingFeatureSources {
  readonly featureSet: FeatureSet;
  readonly items: ItemTable;
  readonly counters: ItemCounters;
  readonly neighbours: NeighbourTable;
  readonly linearWeights: LinearWeights;
  readonly itemVectors: ItemVectors;
}

/** The query as features see it; valid during one computation. */
export interface PreparedQuery {
  readonly query: QueryFeatures;
  readonly nowMs: number;
  readonly history: PreparedHistory;
  /** L2-normalised output of the query tower [dimension]. */
  readonly queryVector: Float32Array | null;
}

/** What one computation is asked about; valid while it lasts. */
export interface Candidates {
  readonly ordinals: Uint32Array;
  /** Row-major [ordinals, dimension]; a candidate without a vector has any numbers in its row. */
  readonly vectors: Float32Array;
  readonly dimension: number;
  /** [ordinals] 1 where there is a vector. */
  readonly hasVector: Uint8Array;
}

/** Where a feature writes: what it says first of candidate `row` stands at `offset + row * stride`. */
export interface FeatureColumns {
  readonly matrix: Float32Array;
  readonly offset: number;
  readonly stride: number;
}

/**
 * A few related numbers about (query, candidate). Whatever depends on the query alone is prepared in `begin`; `write` then
 * costs O(1) or one dot product per candidate, allocates nothing, and no candidate's numbers depend on another's. One loop
 * per feature, not one per candidate: while one candidate's row of a large table is on its way from memory, the loop asks
 * for the next.
 */
export interface RankingFeature {
  begin(query: PreparedQuery): void;
  /** Writes one finite value of about unit scale per name and candidate. */
  write(candidates: Candidates, out: FeatureColumns): void;
}
