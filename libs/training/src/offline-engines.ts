import type { Description } from '@winnow/domain';
import { RankingFeatures } from '@winnow/features';
import type { FeatureSet, ItemCounters, ItemTable } from '@winnow/features';
import { CandidateEngine, heavyEngine, lightEngine } from '@winnow/models';
import type { HeavyRanker, LightRanker, TwoTower } from '@winnow/models';
import { positiveEventTypes } from './frame';
import type { ItemRelations } from './item-relations';
import type { OfflineModels } from './offline-funnel';
import type { ExactIndexOf } from './ports';
import { matrixVectors } from './towers';

export interface OfflineEngineOptions {
  readonly description: Description;
  readonly items: ItemTable;
  readonly featureSet: FeatureSet;
  /** As of the moment that is evaluated. */
  readonly counters: ItemCounters;
  /** As of the same moment. */
  readonly relations: ItemRelations;
  readonly tower: TwoTower;
  /** [ordinalLimit, dimension] */
  readonly vectors: Float32Array;
  readonly heavy: HeavyRanker;
  readonly light: LightRanker;
  readonly exactIndexOf: ExactIndexOf;
}

/** The engines that services wrap, over one release's models, with the exact index in the place of the approximate one. */
export function offlineEngines(options: OfflineEngineOptions): OfflineModels {
  const { description, items, featureSet, counters, relations, tower } = options;
  const vectors = matrixVectors(options.vectors, tower.dimension);
  const features = new RankingFeatures({ featureSet, items, counters, itemVectors: vectors, ...relations });
  return {
    description,
    items,
    counters,
    vectors,
    retriever: new CandidateEngine({
      tower,
      index: options.exactIndexOf(options.vectors, tower.dimension),
      neighbours: relations.neighbours,
      vectorOf: (ordinal) => vectors.vector(ordinal),
      positiveEventTypes: positiveEventTypes(description),
    }),
    lightRanker: lightEngine({ light: options.light, features }),
    heavyRanker: heavyEngine({ heavy: options.heavy, features, objectives: description.objectives }),
  };
}
