import { z } from 'zod';
import { DatasetError } from './dataset-error';

const column = z.string().min(1, 'must name a column');

const mappingSchema = z
  .strictObject({
    user: column.optional(),
    item: column.optional(),
    /** A column, or else the event type of all rows. */
    event: column.optional(),
    time: column.optional(),
    /** Rating, price, seconds …; 1 without one. */
    value: column.optional(),
    timeUnit: z.enum(['auto', 's', 'ms', 'us']).optional(),
    /** All columns that are not mapped, some of them, or names in winnow.yaml → columns. */
    attributes: z.union([z.literal('*'), z.array(column), z.record(z.string(), column)]).optional(),
    /** CSV only; found out from the header by default. */
    delimiter: z.string().length(1).optional(),
  })
  .superRefine((mapping, context) => {
    const violation = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const isEvents = mapping.user !== undefined && mapping.item !== undefined;
    if (mapping.user === undefined && mapping.item === undefined)
      violation('item', 'map item (a catalogue), user (people), or both (events)');
    if (isEvents && mapping.time === undefined) violation('time', 'events need a time column');
    if (isEvents && mapping.event === undefined)
      violation('event', 'events need a type: a column, or the name of an event type for all rows');
    for (const name of ['event', 'time', 'value'] as const)
      if (!isEvents && mapping[name] !== undefined)
        violation(name, 'is for events, which need both user and item');
  });

/** Which column of a file holds what. With `user` and `item` its rows are events, otherwise items or users. */
export type ColumnMapping = z.input<typeof mappingSchema>;

/** @throws DatasetError listing every violation. */
export function checkColumnMapping(value: unknown): ColumnMapping {
  const parsed = mappingSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues.map(
    ({ path, message }) => `  ${path.join('.') || 'mapping'}: ${message}`,
  );
  throw new DatasetError('mapping', `the column mapping is wrong:\n${violations.join('\n')}`);
}

/**
 * Reads `user=customer,item=sku,event=purchase,time=at,attributes=title+price`, as the command line takes it; attributes
 * are `*`, columns joined by `+`, or `name:column` pairs joined by `+`.
 *
 * @throws DatasetError listing every violation.
 */
export function parseColumnMapping(text: string): ColumnMapping {
  const mapping: Record<string, unknown> = {};
  for (const part of text.split(',')) {
    const [, key, value] = /^\s*([A-Za-z]+)\s*=\s*(.+?)\s*$/.exec(part) ?? [];
    if (key === undefined)
      throw new DatasetError(
        'mapping',
        `the column mapping has ${JSON.stringify(part)}; expected name=column`,
      );
    if (key in mapping) throw new DatasetError('mapping', `the column mapping names ${key} twice`);
    mapping[key] = key === 'attributes' ? parseAttributes(value) : value;
  }
  return checkColumnMapping(mapping);
}

function parseAttributes(text: string): '*' | string[] | Record<string, string> {
  if (text === '*') return '*';
  const parts = text.split('+').map((part) => part.trim());
  if (!parts.some((part) => part.includes(':'))) return parts;
  return Object.fromEntries(
    parts.map((part) => {
      const [name, source] = part.split(':');
      return [name, source ?? name];
    }),
  );
}

export interface ResolvedMapping {
  readonly userColumn: string | null;
  readonly itemColumn: string | null;
  readonly eventColumn: string | null;
  /** The type of all rows when no column has it. */
  readonly eventType: string;
  readonly timeColumn: string | null;
  readonly valueColumn: string | null;
  /** Attribute name → column. */
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * Fits a mapping to a file's columns.
 *
 * @throws DatasetError naming the columns that the file lacks, and those that it has.
 */
export function resolveMapping(
  mapping: ColumnMapping,
  columns: readonly string[],
  path: string,
): ResolvedMapping {
  const { user, item, event, time, value } = mapping;
  const mapped = [user, item, event, time, value];
  const attributes = attributeColumns(mapping, columns, mapped);
  const wanted = [user, item, time, value, ...attributes.values()];
  const missing = wanted.filter((name): name is string => name !== undefined && !columns.includes(name));
  if (missing.length > 0)
    throw new DatasetError(
      'mapping',
      `${path} has no column ${[...new Set(missing)].join(', ')}; it has ${columns.slice(0, 50).join(', ')}`,
    );
  const eventIsColumn = event !== undefined && columns.includes(event);
  return {
    userColumn: user ?? null,
    itemColumn: item ?? null,
    eventColumn: eventIsColumn ? event : null,
    eventType: eventIsColumn ? '' : (event ?? ''),
    timeColumn: time ?? null,
    valueColumn: value ?? null,
    attributes,
  };
}

function attributeColumns(
  { attributes }: ColumnMapping,
  columns: readonly string[],
  mapped: readonly (string | undefined)[],
): Map<string, string> {
  if (attributes === undefined) return new Map();
  if (attributes === '*')
    return new Map(columns.filter((name) => !mapped.includes(name)).map((name) => [name, name]));
  if (Array.isArray(attributes)) return new Map(attributes.map((name) => [name, name]));
  return new Map(Object.entries(attributes));
}
