import type { QueryFeatures } from '@winnow/domain';
import type { FeatureSet, ItemTable } from '@winnow/features';

/** Rows of an embedding table and how much each counts: what an embedding bag sums. */
export interface WeightedRows {
  readonly rows: Uint32Array;
  readonly weights: Float32Array;
}

/** Where a model learns what an item is made of. Knows every item, also those that arrive after training. */
export interface ContentSource {
  /** Hashed rows that all content fields share. */
  readonly contentRowCount: number;
  /** Numbers of one item: standardised numbers and raw embedding attributes. */
  readonly denseCount: number;
  /** Empty bag for an item that is not known. */
  content(ordinal: number): WeightedRows;
  /** Writes `denseCount` finite numbers at `offset`. */
  dense(ordinal: number, out: Float32Array, offset: number): void;
  /** Differs whenever the item's content has changed, so that what was computed from it can be kept. */
  version(ordinal: number): number;
}

/** Where a model learns about who is asking: user attributes and context as embedding rows. */
export interface ProfileSource {
  readonly profileRowCount: number;
  queryProfile(query: QueryFeatures): WeightedRows;
}

/** The live catalogue, seen through a feature set. */
export const catalogueContent = (featureSet: FeatureSet, items: ItemTable): ContentSource => ({
  contentRowCount: featureSet.contentRowCount,
  denseCount: featureSet.itemDenseCount,
  content: (ordinal) => featureSet.itemContent(items, ordinal),
  dense: (ordinal, out, offset) => featureSet.itemDense(items, ordinal, out, offset),
  version: (ordinal) => items.version(ordinal),
});
