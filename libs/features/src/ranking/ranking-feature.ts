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

/** The candidate at hand; one object, reused. */
export interface CandidateInHand {
  readonly ordinal: number;
  readonly vector: Float32Array | null;
}

/**
 * A few related numbers about (query, candidate). Whatever depends on the query alone is prepared in `begin`;
 * `write` then costs O(1) or one dot product, allocates nothing, and looks at no other candidate.
 */
export interface RankingFeature {
  begin(query: PreparedQuery): void;
  /** Writes one finite value of about unit scale per name, from `offset` on. */
  write(candidate: CandidateInHand, out: Float32Array, offset: number): void;
}
