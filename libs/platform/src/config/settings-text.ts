import { invariant } from '@winnow/domain';
import { isMap, isScalar, isSeq, parse, parseDocument, stringify } from 'yaml';
import type { Node, YAMLMap } from 'yaml';
import { descriptionSchema } from './description-schema';

type Path = readonly (string | number)[];
type Scalar = number | string | boolean;

const INDENT = 2;

/** `training.trendingHalfLifeHours.0` as segments. */
export const settingPathOf = (dotted: string): Path =>
  dotted.split('.').map((segment) => (/^\d+$/.test(segment) ? Number(segment) : segment));

/** The value at a path of plain data; undefined where there is none. */
export const valueAtPath = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    root,
  );

/**
 * The text of a winnow.yaml with some settings changed or added, by dotted path. Every other byte stays: comments, order and
 * layout. A list that the text leaves to its default is written out whole when one of its elements changes.
 *
 * @param text valid by `descriptionSchema`.
 */
export function changeSettings(text: string, settings: Readonly<Record<string, Scalar>>): string {
  const effective = descriptionSchema.parse(parse(text));
  let changed = text;
  for (const [dotted, value] of Object.entries(settings)) {
    const path = settingPathOf(dotted);
    const list = path.slice(0, -1);
    const missing = parseDocument(changed).getIn(list) === undefined;
    if (typeof path.at(-1) === 'number' && missing) {
      const written = [...(valueAtPath(effective, list) as readonly unknown[])];
      written[path.at(-1) as number] = value;
      changed = changeOne(changed, list, `[${written.join(', ')}]`);
    } else changed = changeOne(changed, path, stringify(value).trimEnd());
    invariant(valueAtPath(parse(changed), path) === value, `${dotted} can be written`);
  }
  return changed;
}

function changeOne(text: string, path: Path, valueText: string): string {
  let node = parseDocument(text).contents as Node;
  let depth = 0;
  for (; depth < path.length; depth += 1) {
    const child = isMap(node) || isSeq(node) ? (node.get(path[depth], true) as Node | undefined) : undefined;
    if (!child) break;
    node = child;
  }
  if (depth === path.length) {
    invariant(isScalar(node) && node.range, `${path.join('.')} is one value`);
    return text.slice(0, node.range[0]) + valueText + text.slice(node.range[1]);
  }
  invariant(isMap(node) && node.range, `there is a place for ${path.join('.')}`);
  return node.flow
    ? insertIntoFlow(text, node, path.slice(depth), valueText)
    : insertIntoBlock(text, node, path.slice(depth), valueText);
}

/** `{ a: 1 }` becomes `{ a: 1, b: { c: 2 } }`. */
function insertIntoFlow(text: string, map: YAMLMap, rest: Path, valueText: string): string {
  const brace = map.range![1] - 1;
  const before = text.slice(0, brace).trimEnd();
  const inner = rest
    .toReversed()
    .reduce<string>((value, key, index) => `${key}: ${index > 0 ? `{ ${value} }` : value}`, valueText);
  return `${before}${map.items.length > 0 ? ',' : ''} ${inner} ${text.slice(brace)}`;
}

/** As new lines after the last of the map, which keeps the comment at its end. */
function insertIntoBlock(text: string, map: YAMLMap, rest: Path, valueText: string): string {
  const key = map.items[0].key as Node;
  const column = key.range![0] - (text.lastIndexOf('\n', key.range![0] - 1) + 1);
  const lines = rest.map((segment, index) => {
    const last = index === rest.length - 1;
    return `${' '.repeat(column + INDENT * index)}${segment}:${last ? ` ${valueText}` : ''}`;
  });
  const newline = text.indexOf('\n', lastCharacterOf(map));
  const end = newline < 0 ? text.length : newline;
  return `${text.slice(0, end)}\n${lines.join('\n')}${text.slice(end)}`;
}

/** Where the last value within ends: the range of a block ends only after the blank lines and comments that follow. */
function lastCharacterOf(node: Node): number {
  if (isMap(node) && !node.flow) {
    const { key, value } = node.items[node.items.length - 1];
    return lastCharacterOf((value ?? key) as Node);
  }
  if (isSeq(node) && !node.flow) return lastCharacterOf(node.items[node.items.length - 1] as Node);
  return Math.max(node.range![0], node.range![1] - 1);
}
