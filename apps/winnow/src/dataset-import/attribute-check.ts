import { type AttributeDefinition, type Attributes, attributeViolation } from '@winnow/domain';

export type AttributeCheck =
  | { readonly ok: true; readonly attributes: Attributes; readonly dropped: readonly string[] }
  | { readonly ok: false; readonly reason: string };

/**
 * Keeps the attributes that the description names; a wrong type refuses the whole row, because a silent hole
 * would be trained on.
 */
export function checkAttributes(
  attributes: Attributes,
  definitions: ReadonlyMap<string, AttributeDefinition>,
): AttributeCheck {
  const kept: Record<string, Attributes[string]> = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    const definition = definitions.get(name);
    if (!definition) {
      dropped.push(name);
      continue;
    }
    const violation = attributeViolation(definition, value);
    if (violation) return { ok: false, reason: `attribute ${name} ${violation}` };
    if (value !== null) kept[name] = value;
  }
  return { ok: true, attributes: kept, dropped };
}
