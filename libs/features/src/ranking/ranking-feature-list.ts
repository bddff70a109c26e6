import type { AttributeDefinition } from '@winnow/domain';
import { CategoryAffinity } from './category-affinity';
import { HistorySimilarity } from './history-similarity';
import { ItemAge, UserActivity } from './item-age';
import { LinearScore } from './linear-score';
import { NeighbourScore } from './neighbour-score';
import { NumberHabit } from './number-habit';
import { Popularity } from './popularity';
import type { RankingFeature, RankingFeatureSources } from './ranking-feature';
import { SeedSimilarity } from './seed-similarity';
import { TowerScore } from './tower-score';

/** A ranking feature before it has anything to read. */
interface RankingFeatureSlot {
  readonly names: readonly string[];
  /** It follows from vectors and tables that a release has learnt, not from the log and the catalogue alone. */
  readonly learnt?: true;
  create(sources: RankingFeatureSources): RankingFeature;
}

/** One slot per attribute of the given types; `price.off-habit` is how its features are called. */
function perAttribute(
  attributes: readonly AttributeDefinition[],
  types: readonly AttributeDefinition['type'][],
  feature: {
    readonly kinds: readonly string[];
    new (sources: RankingFeatureSources, attributeName: string): RankingFeature;
  },
): RankingFeatureSlot[] {
  return attributes
    .filter(({ type }) => types.includes(type))
    .map(({ name }) => ({
      names: feature.kinds.map((kind) => `${name}.${kind}`),
      create: (sources) => new feature(sources, name),
    }));
}

/** The ranking features in their order: the columns of every feature matrix. */
export function rankingFeatureSlots(attributes: readonly AttributeDefinition[]): RankingFeatureSlot[] {
  return [
    { names: TowerScore.names, learnt: true, create: () => new TowerScore() },
    { names: Popularity.names, create: (sources) => new Popularity(sources) },
    { names: ItemAge.names, create: (sources) => new ItemAge(sources) },
    { names: NeighbourScore.names, learnt: true, create: (sources) => new NeighbourScore(sources) },
    { names: LinearScore.names, learnt: true, create: (sources) => new LinearScore(sources) },
    { names: UserActivity.names, create: () => new UserActivity() },
    { names: HistorySimilarity.names, learnt: true, create: (sources) => new HistorySimilarity(sources) },
    { names: SeedSimilarity.names, learnt: true, create: (sources) => new SeedSimilarity(sources) },
    ...perAttribute(attributes, ['category', 'categories'], CategoryAffinity),
    ...perAttribute(attributes, ['number', 'timestamp'], NumberHabit),
  ];
}

/** Follows from the item attributes alone, so that it can be known, and hashed, before any data is. */
export const rankingFeatureNamesOf = (attributes: readonly AttributeDefinition[]): string[] =>
  rankingFeatureSlots(attributes).flatMap(({ names }) => names);

/** Those that are the same for every release: what the log and the catalogue said at that moment. */
export const observedFeatureNamesOf = (attributes: readonly AttributeDefinition[]): string[] =>
  rankingFeatureSlots(attributes).flatMap(({ names, learnt }) => (learnt ? [] : names));
