import { readFile } from 'node:fs/promises';
import { type Description, reasonOf } from '@winnow/domain';
import { isMap, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { ConfigError, type Violation } from './config-error';
import type { CheckViolation } from './check-violation';
import { checkDescription } from './description-checks';
import { descriptionJsonSchema, descriptionSchema } from './description-schema';
import { toDescription } from './to-description';
import { zodViolations } from './zod-violations';

/** A description is a page or two; anything larger is another file. */
const FILE_BYTES_MAX = 1024 * 1024;

/** As much of a JSON Schema as is asked here. */
export interface JsonSchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchemaNode>>;
  readonly additionalProperties?: JsonSchemaNode | boolean;
  readonly items?: JsonSchemaNode;
  readonly prefixItems?: readonly JsonSchemaNode[];
  readonly anyOf?: readonly JsonSchemaNode[];
  readonly oneOf?: readonly JsonSchemaNode[];
}

/** The schema's nodes one step down; several where it offers alternatives. */
function childNodes(node: JsonSchemaNode, key: PropertyKey): readonly JsonSchemaNode[] {
  const alternatives = node.anyOf ?? node.oneOf;
  if (alternatives) return alternatives.flatMap((alternative) => childNodes(alternative, key));
  if (typeof key === 'number')
    return [node.prefixItems?.[key] ?? node.items ?? []].flat() as readonly JsonSchemaNode[];
  const child = node.properties?.[String(key)] ?? node.additionalProperties;
  return typeof child === 'object' ? [child] : [];
}

/** Made once, when it is first asked for. */
let schemaRoot: JsonSchemaNode | undefined;

/** The schema of what may stand at a path; none where nothing may, several where there are alternatives. */
export function schemaNodesAt(path: readonly PropertyKey[]): readonly JsonSchemaNode[] {
  schemaRoot ??= descriptionJsonSchema() as JsonSchemaNode;
  let nodes: readonly JsonSchemaNode[] = [schemaRoot];
  for (const key of path) nodes = nodes.flatMap((node) => childNodes(node, key));
  return nodes;
}

function allowedKeys(path: readonly PropertyKey[]): readonly string[] {
  const leaves = schemaNodesAt(path).flatMap((node) => node.anyOf ?? node.oneOf ?? [node]);
  return [...new Set(leaves.flatMap((node) => Object.keys(node.properties ?? {})))];
}

/** Line of the deepest part of the path that is in the file: of its key, where it has one. */
function lineOf(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly (string | number)[],
): number | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const key = path[depth - 1];
    const pair = isMap(parent)
      ? parent.items.find((item) => String((item.key as { value?: unknown }).value) === String(key))
      : undefined;
    const node = (pair?.key ?? document.getIn(path.slice(0, depth), true)) as Node | undefined;
    if (node?.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

const joinPath = (path: readonly (string | number)[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${key}` : key),
    '',
  );

const errorOf = (
  { source, document, lines }: { source: string; document: Document.Parsed; lines: LineCounter },
  violations: readonly CheckViolation[],
): ConfigError =>
  new ConfigError(
    source,
    violations.map(({ path, message }) => ({
      path: joinPath(path),
      line: lineOf(document, lines, path),
      message,
    })),
  );

/** The error for violations of a text that is valid YAML: with the line of each. */
export function violationsIn(
  text: string,
  source: string,
  violations: readonly CheckViolation[],
): ConfigError {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  return errorOf({ source, document, lines }, violations);
}

/**
 * Parses the text of a winnow.yaml and checks it whole.
 *
 * @param source what to call the text in errors.
 * @throws ConfigError with every violation, its path, line and remedy.
 */
export function parseDescription(text: string, source: string): Description {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    throw new ConfigError(
      source,
      document.errors.map((error): Violation => ({
        path: '',
        line: lines.linePos(error.pos[0]).line,
        message: `is not valid YAML: ${error.message}`,
      })),
    );
  const refuse = (violations: readonly CheckViolation[]): never => {
    throw errorOf({ source, document, lines }, violations);
  };
  const plain = toPlain(document, source);
  const parsed = descriptionSchema.safeParse(plain, { reportInput: true });
  if (!parsed.success) {
    const violations = zodViolations(parsed.error.issues, allowedKeys);
    return refuse([...violations, ...checkDespite(plain, violations)]);
  }
  const description = toDescription(parsed.data);
  const violations = checkDescription(description);
  return violations.length > 0 ? refuse(violations) : description;
}

/** Checks what is left when the faulty settings are taken away, so that one run shows every violation. */
function checkDespite(plain: unknown, violations: readonly CheckViolation[]): readonly CheckViolation[] {
  const rest = structuredClone(plain);
  for (const { path } of violations) deletePath(rest, path);
  if (typeof rest !== 'object' || rest === null) return [];
  // No check reads the namespace, and without one nothing parses.
  const parsed = descriptionSchema.safeParse({ ...rest, namespace: 'unnamed' });
  if (!parsed.success) return [];
  // What stands beside a faulty setting may be wrong only because of it.
  const section = (path: CheckViolation['path']): string => joinPath(path.slice(0, 2));
  const faulty = new Set(violations.map(({ path }) => section(path)));
  return checkDescription(toDescription(parsed.data)).filter(({ path }) => !faulty.has(section(path)));
}

function deletePath(root: unknown, path: readonly (string | number)[]): void {
  let parent = root as Record<string | number, unknown> | undefined;
  for (const key of path.slice(0, -1)) parent = parent?.[key] as typeof parent;
  const last = path.at(-1);
  if (last !== undefined && typeof parent === 'object' && parent !== null && !Array.isArray(parent))
    delete parent[last];
}

/** Aliases are bounded by the parser, so that a small file cannot grow into a huge one. */
function toPlain(document: Document.Parsed, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (thrown) {
    throw new ConfigError(source, [{ path: '', message: reasonOf(thrown) }]);
  }
}

/**
 * Reads winnow.yaml.
 *
 * @throws ConfigError with every violation, its path, line and remedy; also when the file cannot be read.
 */
export async function loadDescription(path: string): Promise<Description> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (thrown) {
    const missing = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    const remedy = missing
      ? 'does not exist: copy one from examples/, or point WINNOW_CONFIG at yours'
      : `cannot be read: ${reasonOf(thrown)}`;
    throw new ConfigError(path, [{ path: '', message: remedy }]);
  }
  if (bytes.length > FILE_BYTES_MAX)
    throw new ConfigError(path, [{ path: '', message: `is larger than ${FILE_BYTES_MAX} bytes` }]);
  return parseDescription(bytes.toString('utf8'), path);
}
