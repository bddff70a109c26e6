import { attributeViolation, type AttributeDefinition, type Attributes } from '@winnow/domain';
import { invalidArgument } from '@winnow/platform';
import { idViolation } from './event-checks';

/** Items, users or ids in one request; one script call, so all are taken or none. */
export const RECORDS_MAX = 1_000;

/** Throws INVALID_ARGUMENT naming the field when there are too many. */
export function assertCount(field: string, count: number): void {
  if (count > RECORDS_MAX) throw invalidArgument(field, `must be at most ${RECORDS_MAX}, are ${count}`);
}

/** Throws INVALID_ARGUMENT naming the field when the id is empty or too long. */
export function assertId(field: string, id: string): void {
  const violation = idViolation(field, id);
  if (violation !== null) throw invalidArgument(field, violation.slice(field.length + 2));
}

/**
 * The attributes as they may be stored. Throws INVALID_ARGUMENT naming the first one at fault, for example
 * `items[3].attributes.price: must be a finite number`.
 */
export function checkedAttributes(options: {
  readonly field: string;
  readonly attributes: Readonly<Record<string, unknown>> | undefined;
  readonly definitions: ReadonlyMap<string, AttributeDefinition>;
}): Attributes {
  const { field, attributes = {}, definitions } = options;
  for (const [name, value] of Object.entries(attributes)) {
    const definition = definitions.get(name);
    if (!definition) {
      const known = [...definitions.keys()].join(', ') || 'none';
      throw invalidArgument(`${field}.${name}`, `unknown attribute; winnow.yaml has ${known}`);
    }
    const violation = attributeViolation(definition, value as Attributes[string]);
    if (violation !== null) throw invalidArgument(`${field}.${name}`, violation);
  }
  return attributes as Attributes;
}

export const definitionsByName = (
  definitions: readonly AttributeDefinition[],
): ReadonlyMap<string, AttributeDefinition> =>
  new Map(definitions.map((definition) => [definition.name, definition]));
