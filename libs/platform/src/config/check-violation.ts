import type { AttributeDefinition, AttributeType } from '@winnow/domain';
import { suggestName } from './nearest-name';

/** A violation by path segments, before it has a line. */
export interface CheckViolation {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** What is wrong with naming an attribute: that there is none, or one of another type. */
export function attributeReferenceViolation(
  path: readonly (string | number)[],
  name: string,
  known: readonly AttributeDefinition[],
  types: readonly AttributeType[],
  owner = 'item',
): CheckViolation[] {
  const definition = known.find((attribute) => attribute.name === name);
  if (!definition) {
    const names = known.map((attribute) => attribute.name);
    return [{ path, message: `there is no ${owner} attribute "${name}": ${suggestName(name, names)}` }];
  }
  if (types.includes(definition.type)) return [];
  return [
    { path, message: `"${name}" is of type ${definition.type}; name one of type ${types.join(' or ')}` },
  ];
}
