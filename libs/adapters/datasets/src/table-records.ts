import { itemId, userId, type AttributeDefinition, type Attributes } from '@winnow/domain';
import { parseAttribute, type Cell } from './attribute-parsing';
import type { ResolvedMapping } from './column-mapping';
import { checkTime, parseId, parseNumber, parseTime, type Parsed, type TimeUnit } from './field-parsing';
import type { GoodRecord } from './records';

export interface TableOptions {
  readonly mapping: ResolvedMapping;
  readonly timeUnit: TimeUnit;
  readonly itemAttributes: readonly AttributeDefinition[];
  readonly userAttributes: readonly AttributeDefinition[];
  readonly nowMs: number;
}

/** Reads a row's cell by column name. */
export type CellReader = (column: string) => Cell;

const textOf = (cell: Cell): string => (cell === null || cell === undefined ? '' : String(cell));

/** Turns the rows of a table into records by a mapping. */
export class TableRecords {
  readonly #options: TableOptions;
  readonly #definitions: ReadonlyMap<string, AttributeDefinition>;
  /** Items that an event has brought its attributes for. */
  readonly #knownItems = new Set<string>();

  constructor(options: TableOptions) {
    this.#options = options;
    const { mapping } = options;
    const definitions = mapping.itemColumn === null ? options.userAttributes : options.itemAttributes;
    this.#definitions = new Map(definitions.map((definition) => [definition.name, definition]));
  }

  /** The records of one row, or why there are none. */
  of(cell: CellReader, line: number): readonly GoodRecord[] | { readonly reason: string } {
    const { userColumn, itemColumn } = this.#options.mapping;
    const user = userColumn === null ? null : parseId(textOf(cell(userColumn)), 'user id');
    if (user !== null && 'reason' in user) return user;
    const item = itemColumn === null ? null : parseId(textOf(cell(itemColumn)), 'item id');
    if (item !== null && 'reason' in item) return item;
    if (user !== null && item !== null)
      return this.#event(cell, { user: user.value, item: item.value, line });
    const { attributes, repairs } = this.#attributes(cell);
    const mended = repairs.length > 0 && { repairs };
    if (item !== null) return [{ kind: 'item', itemId: itemId(item.value), attributes, ...mended }];
    if (user !== null) return [{ kind: 'user', userId: userId(user.value), attributes, ...mended }];
    return { reason: 'neither a user nor an item' };
  }

  #event(
    cell: CellReader,
    { user, item, line }: { readonly user: string; readonly item: string; readonly line: number },
  ): readonly GoodRecord[] | { readonly reason: string } {
    const { mapping } = this.#options;
    const time = this.#time(cell);
    if ('reason' in time) return time;
    const value = mapping.valueColumn === null ? { value: 1 } : this.#value(cell(mapping.valueColumn));
    if ('reason' in value) return value;
    const eventType =
      mapping.eventColumn === null ? mapping.eventType : textOf(cell(mapping.eventColumn)).trim();
    if (eventType === '') return { reason: 'event type is empty' };
    const records: GoodRecord[] = [];
    if (mapping.attributes.size > 0 && !this.#knownItems.has(item)) {
      const { attributes, repairs } = this.#attributes(cell);
      this.#knownItems.add(item);
      records.push({
        kind: 'item',
        itemId: itemId(item),
        attributes,
        ...(repairs.length > 0 && { repairs }),
      });
    }
    records.push({
      kind: 'event',
      userId: userId(user),
      itemId: itemId(item),
      eventType,
      timeMs: time.value,
      value: value.value,
      line,
    });
    return records;
  }

  #time(cell: CellReader): Parsed<number> {
    const { mapping, timeUnit, nowMs } = this.#options;
    const raw = mapping.timeColumn === null ? null : cell(mapping.timeColumn);
    if (raw instanceof Date) return checkTime(raw.getTime(), nowMs);
    return parseTime(textOf(raw), { nowMs, unit: timeUnit });
  }

  #value(cell: Cell): Parsed<number> {
    return parseNumber(textOf(cell), 'value');
  }

  /** An attribute that cannot be read is left out and reported; the row is kept for the rest. */
  #attributes(cell: CellReader): { attributes: Attributes; repairs: string[] } {
    const attributes: Record<string, Attributes[string]> = {};
    const repairs: string[] = [];
    for (const [name, column] of this.#options.mapping.attributes) {
      const definition = this.#definitions.get(name);
      const parsed = parseAttribute(name, cell(column), { definition, nowMs: this.#options.nowMs });
      if ('reason' in parsed) repairs.push(`${parsed.reason}: left out`);
      else if (parsed.value !== undefined) attributes[name] = parsed.value;
    }
    return { attributes, repairs };
  }
}
