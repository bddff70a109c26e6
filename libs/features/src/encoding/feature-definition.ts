import { createHash } from 'node:crypto';
import type { AttributeDefinition, Description, EventTypeDescription } from '@winnow/domain';

/** Raised whenever the meaning of any feature changes, so that no service misreads an older release. */
export const FEATURE_CODE_VERSION = 1;

/** What a feature set is, apart from anything measured on data. */
export interface FeatureDefinition {
  readonly codeVersion: number;
  readonly itemAttributes: readonly AttributeDefinition[];
  readonly userAttributes: readonly AttributeDefinition[];
  readonly events: readonly Pick<EventTypeDescription, 'name' | 'sentiment'>[];
  readonly trendingHalfLifeHours: readonly number[];
  readonly characterTrigrams: boolean;
  readonly rankingFeatureNames: readonly string[];
}

const attributeOf = ({ name, type, dimension }: AttributeDefinition): AttributeDefinition =>
  dimension === undefined ? { name, type } : { name, type, dimension };

/** Key order is fixed here, so that equal definitions have equal JSON. */
export function featureDefinitionOf(
  description: Description,
  rest: Pick<FeatureDefinition, 'characterTrigrams' | 'rankingFeatureNames'>,
): FeatureDefinition {
  return {
    codeVersion: FEATURE_CODE_VERSION,
    itemAttributes: description.items.attributes.map(attributeOf),
    userAttributes: description.users.attributes.map(attributeOf),
    events: description.events.map(({ name, sentiment }) => ({ name, sentiment })),
    trendingHalfLifeHours: [...description.training.trendingHalfLifeHours],
    characterTrigrams: rest.characterTrigrams,
    rankingFeatureNames: [...rest.rankingFeatureNames],
  };
}

/** SHA-256 of the definition, hexadecimal. Statistics do not enter: a retrain on new data keeps the hash. */
export const hashOfDefinition = (definition: FeatureDefinition): string =>
  createHash('sha256').update(JSON.stringify(definition)).digest('hex');
