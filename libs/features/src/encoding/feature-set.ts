import { invariant, type Description, type QueryFeatures } from '@winnow/domain';
import type { EmbeddingBag } from './embedding-bag';
import { featureDefinitionOf, hashOfDefinition, type FeatureDefinition } from './feature-definition';
import { ItemEncoder, type ItemEncoderStatistics } from './item-encoder';
import { ProfileEncoder } from './profile-encoder';
import type { ItemTable } from '../items/item-table';
import { rankingFeatureNamesOf } from '../ranking/ranking-feature-list';

export interface FeatureSetOptions {
  /** Hash character 3-grams of words too: near-spellings share rows, at three times the rows per text. */
  readonly characterTrigrams?: boolean;
}

/** What `feature-set.json` of a release holds. */
export interface FeatureSetJson {
  readonly formatVersion: 1;
  readonly hash: string;
  readonly definition: FeatureDefinition;
  readonly statistics: ItemEncoderStatistics;
}

/**
 * The one transform from raw data to model input, for training and serving alike. What it is follows from the
 * description and is hashed; what it measured on the catalogue (bucket counts, means) travels with the release.
 */
export class FeatureSet {
  /** Equal for two sets that mean the same, whatever data they were compiled on. */
  readonly hash: string;
  readonly rankingFeatureNames: readonly string[];
  private readonly items: ItemEncoder;
  private readonly profile: ProfileEncoder;

  private constructor(
    readonly definition: FeatureDefinition,
    private readonly statistics: ItemEncoderStatistics,
  ) {
    this.hash = hashOfDefinition(definition);
    this.rankingFeatureNames = definition.rankingFeatureNames;
    this.items = new ItemEncoder(
      { definitions: definition.itemAttributes, characterTrigrams: definition.characterTrigrams },
      statistics,
    );
    this.profile = new ProfileEncoder(definition.userAttributes);
  }

  /** The definition alone; its hash tells whether a release fits this code and this description. */
  static define(description: Description, options: FeatureSetOptions = {}): FeatureDefinition {
    return featureDefinitionOf(description, {
      characterTrigrams: options.characterTrigrams ?? false,
      rankingFeatureNames: rankingFeatureNamesOf(description.items.attributes),
    });
  }

  /** What `hash` will be for this description, without data. */
  static hashOf(description: Description, options: FeatureSetOptions = {}): string {
    return hashOfDefinition(FeatureSet.define(description, options));
  }

  /** Defines the set and measures the catalogue. O(items), at most 200,000 of them sampled. */
  static compile(description: Description, items: ItemTable, options: FeatureSetOptions = {}): FeatureSet {
    const definition = FeatureSet.define(description, options);
    const statistics = ItemEncoder.measure(
      { definitions: definition.itemAttributes, characterTrigrams: definition.characterTrigrams },
      items,
    );
    return new FeatureSet(definition, statistics);
  }

  toJSON(): FeatureSetJson {
    const { hash, definition, statistics } = this;
    return { formatVersion: 1, hash, definition, statistics };
  }

  /** Throws when the definition does not give the hash that the file states, or when this code means other features. */
  static fromJSON(json: FeatureSetJson): FeatureSet {
    invariant(json.formatVersion === 1, `feature set format ${String(json.formatVersion)} is not supported`);
    const set = new FeatureSet(json.definition, json.statistics);
    invariant(set.hash === json.hash, 'the feature set does not match its hash');
    const names = rankingFeatureNamesOf(json.definition.itemAttributes);
    invariant(
      names.join() === set.rankingFeatureNames.join(),
      'the feature set was made by code with other ranking features',
    );
    return set;
  }

  /** Embedding rows of all content fields. */
  get contentRowCount(): number {
    return this.items.contentRowCount;
  }

  /** Rows below `contentRowCount`, each field's weights summing to 1. Empty for an absent item. */
  itemContent(items: ItemTable, ordinal: number): EmbeddingBag {
    return this.items.content(items, ordinal);
  }

  /** Length of an item's dense vector: two per number, `dimension` per embedding. */
  get itemDenseCount(): number {
    return this.items.denseCount;
  }

  /** Writes [itemDenseCount] finite values at `offset`. */
  itemDense(items: ItemTable, ordinal: number, out: Float32Array, offset: number): void {
    this.items.writeDense(items, ordinal, out, offset);
  }

  /** Brings a number attribute's values to unit scale; a missing one (NaN) to 0. */
  standardiser(attributeName: string): (value: number) => number {
    return this.items.standardiser(attributeName);
  }

  get profileRowCount(): number {
    return this.profile.rowCount;
  }

  /** Rows below `profileRowCount` for user attributes, device, country, hour, weekday (UTC) and activity. */
  queryProfile(query: QueryFeatures): EmbeddingBag {
    return this.profile.encode(query);
  }
}
