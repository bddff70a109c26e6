/** `null` erases the attribute. Numbers are finite. Timestamps are milliseconds since the epoch. */
export type AttributeValue = string | number | boolean | readonly string[] | readonly number[] | null;
/** Of one item or user, by attribute name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** What an attribute may be; docs/your-own-data.md says what each is good for. */
export const ATTRIBUTE_TYPES = [
  'text',
  'category',
  'categories',
  'number',
  'timestamp',
  'embedding',
] as const;
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];

/** An attribute as winnow.yaml describes it. */
export interface AttributeDefinition {
  readonly name: string;
  readonly type: AttributeType;
  /** Length of the vector; embeddings only. */
  readonly dimension?: number;
}

/** What is wrong with a value for an attribute of this definition; null when nothing is. */
export function attributeViolation(definition: AttributeDefinition, value: AttributeValue): string | null {
  if (value === null) return null;
  switch (definition.type) {
    case 'text':
    case 'category':
      return typeof value === 'string' ? null : `must be a string`;
    case 'categories':
      return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
        ? null
        : `must be a list of strings`;
    case 'number':
    case 'timestamp':
      return typeof value === 'number' && Number.isFinite(value) ? null : `must be a finite number`;
    case 'embedding': {
      const vector = value as readonly unknown[];
      if (!Array.isArray(value)) return `must be a list of ${definition.dimension} numbers`;
      if (vector.length !== definition.dimension)
        return `must have ${definition.dimension} numbers, has ${vector.length}`;
      return vector.every((entry) => typeof entry === 'number' && Number.isFinite(entry))
        ? null
        : `must hold finite numbers`;
    }
  }
}
