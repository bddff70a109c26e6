import { attributeViolation, type AttributeDefinition, type AttributeValue } from '@winnow/domain';
import { parseNumber, parseTime, type Parsed } from './field-parsing';

/** A field of a table as its format gives it: text from CSV, typed values from JSON and Parquet. */
export type Cell = unknown;

const isMissing = (cell: Cell): boolean => cell === undefined || cell === null || cell === '';

/** `["a","b"]`, `a|b` or `a;b`: what files use for a list in one field. */
function parseList(text: string): unknown[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(trimmed);
      if (Array.isArray(list)) return list;
    } catch {
      // A text that merely begins with a bracket.
    }
  }
  return trimmed
    .split(trimmed.includes('|') ? '|' : ';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** JSON's and Parquet's values as attribute values have them: no bigint, no Date, no nested objects. */
function plainValue(cell: Cell): AttributeValue | undefined {
  switch (typeof cell) {
    case 'string':
    case 'boolean':
      return cell;
    case 'number':
      return Number.isFinite(cell) ? cell : undefined;
    case 'bigint':
      return Number(cell);
    case 'object':
      if (cell instanceof Date) return cell.getTime();
      if (Array.isArray(cell)) return plainList(cell);
      return undefined;
    default:
      return undefined;
  }
}

function plainList(cells: readonly unknown[]): readonly string[] | readonly number[] | undefined {
  const values = cells.map(plainValue);
  if (values.every((value) => typeof value === 'number')) return values;
  if (values.every((value) => typeof value === 'string')) return values;
  return undefined;
}

function convert(definition: AttributeDefinition, cell: Cell, nowMs: number): Parsed<AttributeValue> {
  const { name, type } = definition;
  const plain = plainValue(cell);
  if (plain === undefined) return { reason: `${name} is neither text, number nor list` };
  switch (type) {
    case 'text':
    case 'category':
      return { value: Array.isArray(plain) ? plain.join(' ') : String(plain) };
    case 'categories':
      if (Array.isArray(plain)) return { value: plain.map(String) };
      return { value: parseList(String(plain)).map(String) };
    case 'number':
      if (typeof plain === 'boolean') return { value: Number(plain) };
      return typeof plain === 'number' ? { value: plain } : parseNumber(String(plain), name);
    case 'timestamp': {
      if (cell instanceof Date) return { value: cell.getTime() };
      // An item may well be announced for the future.
      const time = parseTime(String(plain), { nowMs: nowMs + 10 * 365 * 86_400_000 });
      return 'reason' in time ? { reason: `${name}: ${time.reason}` } : time;
    }
    case 'embedding':
      return { value: (typeof plain === 'string' ? parseList(plain).map(Number) : plain) as AttributeValue };
  }
}

/**
 * A cell as the value of an attribute. Without a definition, values stay as they are; text stays text.
 * `value` is undefined where the cell is empty.
 */
export function parseAttribute(
  name: string,
  cell: Cell,
  options: { readonly definition: AttributeDefinition | undefined; readonly nowMs: number },
): Parsed<AttributeValue | undefined> {
  if (isMissing(cell)) return { value: undefined };
  if (!options.definition) {
    const value = plainValue(cell);
    return value === undefined ? { reason: `${name} is neither text, number nor list` } : { value };
  }
  const converted = convert(options.definition, cell, options.nowMs);
  if ('reason' in converted) return converted;
  const violation = attributeViolation(options.definition, converted.value);
  return violation === null ? converted : { reason: `${name} ${violation}` };
}
