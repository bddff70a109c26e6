import type { AttributeDefinition, Attributes, Description } from '@winnow/domain';
import type { Slice } from '@winnow/evaluation';
import type { ItemTable } from '@winnow/features';
import type { RunFrame } from '../frame';
import type { AttributeSlices } from './tasks/global-time-task';

/** Values that get a group of their own; the rarer ones share one. */
const VALUE_COUNT_MAX = 8;
const REST = 'others';

export interface AttributeSliceSources {
  readonly description: Description;
  readonly items: ItemTable;
  readonly frame: RunFrame;
}

const isCategory = ({ type }: AttributeDefinition): boolean => type === 'category' || type === 'categories';

/** Attributes of items and users that can tell them apart. */
export const sliceableAttributes = ({ items, users }: Description): readonly string[] =>
  [...items.attributes, ...users.attributes].filter(isCategory).map(({ name }) => name);

/**
 * Groups by the values of the attributes named.
 *
 * @throws RangeError naming those that there are, when one is not a category of items or users.
 */
export function attributeSlices(sources: AttributeSliceSources, names: readonly string[]): AttributeSlices {
  const { description, items, frame } = sources;
  const known = sliceableAttributes(description);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new RangeError(
      `no category of items or users is called ${unknown.join(', ')}; there are: ${known.join(', ') || 'none'}`,
    );
  const has = (definitions: readonly AttributeDefinition[], name: string): boolean =>
    definitions.some((definition) => definition.name === name && isCategory(definition));
  return {
    itemSlices: names
      .filter((name) => has(description.items.attributes, name))
      .map((name) => itemSlice(items, name)),
    userSlices: names
      .filter((name) => has(description.users.attributes, name))
      .map((name) => valueSlice(`${name} of the user`, frame.userAttributes, name)),
  };
}

const itemSlice = (items: ItemTable, name: string): Slice =>
  valueSlice(
    `${name} of the item`,
    Array.from({ length: items.ordinalLimit }, (_, ordinal) => items.attributes(ordinal)),
    name,
  );

/** Groups ids by the commonest values; an id without the attribute is in no group. */
function valueSlice(by: string, attributes: readonly Attributes[], name: string): Slice {
  const valuesOf = (id: number): readonly string[] => {
    const value = attributes[id]?.[name] ?? null;
    return value === null ? [] : [value].flat().map(String);
  };
  const counts = new Map<string, number>();
  attributes.forEach((_, id) =>
    valuesOf(id).forEach((value) => counts.set(value, (counts.get(value) ?? 0) + 1)),
  );
  const ordered = [...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  const groups = new Map(ordered.slice(0, VALUE_COUNT_MAX).map(([value], group) => [value, group]));
  const names = [...groups.keys(), ...(ordered.length > VALUE_COUNT_MAX ? [REST] : [])];
  return {
    by,
    grouping: {
      names,
      groupsOf: (id) => [...new Set(valuesOf(id).map((value) => groups.get(value) ?? names.length - 1))],
    },
  };
}
