import type { AttributeDefinition, AttributeType, Attributes, Description } from '@winnow/domain';
import type { ImportSource, SourceRecord } from './import-source';

/**
 * A source that fits a description which was written for other data: events of unknown types become the first positive
 * one or are left out, attributes go under the first name of their type. For a stack that must come up without its data.
 */
export function conformTo(source: ImportSource, description: Description): ImportSource {
  const known = new Set(description.events.map(({ name }) => name));
  const positive = description.events.find(({ sentiment }) => sentiment === 'positive')?.name;
  const likedValue = Math.max(
    1,
    ...description.objectives.flatMap(({ event, valueMin }) => (event === positive ? (valueMin ?? []) : [])),
  );
  const { attributes: itemAttributes, titleAttribute } = description.items;
  const fit = (record: SourceRecord): readonly SourceRecord[] => {
    if (record.kind === 'item')
      return [{ ...record, attributes: renameAttributes(record.attributes, itemAttributes, titleAttribute) }];
    if (record.kind === 'user')
      return [{ ...record, attributes: renameAttributes(record.attributes, description.users.attributes) }];
    if (record.kind !== 'event' || known.has(record.eventType)) return [record];
    return record.eventType === 'click' && positive
      ? [{ ...record, eventType: positive, value: likedValue }]
      : [];
  };
  return {
    ...source,
    async *batches() {
      for await (const records of source.batches()) yield records.flatMap(fit);
    },
  };
}

function typeOf(value: Attributes[string]): AttributeType | null {
  if (typeof value === 'string') return 'category';
  if (Array.isArray(value)) return typeof value[0] === 'string' ? 'categories' : null;
  return null;
}

/** Keeps what the description names; puts title, category and categories where it has a place for them. */
function renameAttributes(
  attributes: Attributes,
  definitions: readonly AttributeDefinition[],
  titleAttribute?: string,
): Attributes {
  const named = new Set(definitions.map(({ name }) => name));
  const renamed: Record<string, Attributes[string]> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const type = typeOf(value);
    const place = definitions.find(
      (definition) => definition.type === type && !(definition.name in attributes),
    );
    if (named.has(name)) renamed[name] = value;
    else if (name === 'title' && titleAttribute) renamed[titleAttribute] = value;
    else if (place) renamed[place.name] ??= value;
  }
  return renamed;
}
