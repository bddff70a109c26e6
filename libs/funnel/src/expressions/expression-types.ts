import type { AttributeDefinition, AttributeType } from '@winnow/domain';
import type { parse } from '@bufbuild/cel';

export type ExpressionNode = ReturnType<typeof parse>['expr'];

/** CEL types as far as attribute definitions give them away; `dyn` where only evaluation tells. */
export type StaticType =
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'null'
  | 'list'
  | 'map'
  | 'timestamp'
  | 'duration'
  | 'dyn';

/** Attribute types by name, per variable of an expression. */
export interface ExpressionVocabulary {
  readonly item: ReadonlyMap<string, StaticType>;
  readonly user: ReadonlyMap<string, StaticType>;
}

/** What is wrong with an expression, in words for whoever wrote it. */
export class ExpressionError extends Error {}

const TYPE_OF: Record<AttributeType, StaticType | null> = {
  text: 'string',
  category: 'string',
  categories: 'list',
  number: 'double',
  timestamp: 'timestamp',
  // Vectors are for models; an expression over them would only be slow.
  embedding: null,
};

const typesOf = (definitions: readonly AttributeDefinition[]): [string, StaticType][] =>
  definitions.flatMap(({ name, type }) => {
    const known = TYPE_OF[type];
    return known === null ? [] : [[name, known] as [string, StaticType]];
  });

/** What expressions may speak of: `item.id` and the attributes of items, the attributes of users. */
export const vocabularyOf = (
  itemAttributes: readonly AttributeDefinition[],
  userAttributes: readonly AttributeDefinition[],
): ExpressionVocabulary => ({
  item: new Map([['id', 'string'], ...typesOf(itemAttributes)]),
  user: new Map(typesOf(userAttributes)),
});

/** Loops within loops multiply; two deep is enough for lists of attributes. */
const LOOP_DEPTH_MAX = 2;

const NUMERIC: ReadonlySet<StaticType> = new Set(['int', 'uint', 'double']);
const ORDERED: ReadonlySet<StaticType> = new Set([
  'int',
  'uint',
  'double',
  'string',
  'bytes',
  'bool',
  'timestamp',
  'duration',
]);
const COMPARISONS: ReadonlySet<string> = new Set(['_<_', '_<=_', '_>_', '_>=_']);
const EQUALITIES: ReadonlySet<string> = new Set(['_==_', '_!=_']);
const LOGIC: ReadonlySet<string> = new Set(['_&&_', '_||_', '!_']);
const ARITHMETIC: ReadonlySet<string> = new Set(['_+_', '_-_', '_*_', '_/_', '_%_']);
const STRING_TESTS: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'contains', 'matches']);
const CONVERSIONS: ReadonlyMap<string, StaticType> = new Map([
  ['size', 'int'],
  ['int', 'int'],
  ['uint', 'uint'],
  ['double', 'double'],
  ['string', 'string'],
  ['bool', 'bool'],
  ['timestamp', 'timestamp'],
  ['duration', 'duration'],
]);
const CONSTANTS: Readonly<Record<string, StaticType>> = {
  boolValue: 'bool',
  int64Value: 'int',
  uint64Value: 'uint',
  doubleValue: 'double',
  stringValue: 'string',
  bytesValue: 'bytes',
  nullValue: 'null',
};
const TYPE_NAMES: ReadonlySet<string> = new Set([
  'bool',
  'int',
  'uint',
  'double',
  'string',
  'bytes',
  'list',
  'map',
  'null_type',
  'type',
]);

interface Scope {
  readonly vocabulary: ExpressionVocabulary;
  readonly locals: ReadonlyMap<string, StaticType>;
  readonly loopDepth: number;
}

const comparable = (left: StaticType, right: StaticType): boolean =>
  left === 'dyn' || right === 'dyn' || left === right || (NUMERIC.has(left) && NUMERIC.has(right));

const fitsBool = (type: StaticType): boolean => type === 'bool' || type === 'dyn';

const operatorName = (call: string): string => call.replaceAll('_', '').replace('@', '') || call;

function require(condition: boolean, message: string): asserts condition {
  if (!condition) throw new ExpressionError(message);
}

function inferSelect(
  scope: Scope,
  { operand, field }: { operand?: ExpressionNode; field: string },
): StaticType {
  require(operand !== undefined, `.${field} of nothing`);
  if (operand.exprKind.case === 'identExpr') {
    const { name } = operand.exprKind.value;
    if ((name === 'item' || name === 'user') && !scope.locals.has(name)) {
      const known = scope.vocabulary[name];
      const type = known.get(field);
      require(type !==
        undefined, `${name} has no attribute '${field}'; known: ${[...known.keys()].join(', ') || 'none'}`);
      return type;
    }
  }
  infer(operand, scope);
  return 'dyn';
}

function inferArithmetic(name: string, types: readonly StaticType[]): StaticType {
  if (types.includes('dyn')) return 'dyn';
  const [left, right] = types;
  const times = new Set<StaticType>(['timestamp', 'duration']);
  if (times.has(left) && times.has(right)) return left === right ? 'duration' : 'timestamp';
  const fits =
    left === right && (NUMERIC.has(left) || (name === '_+_' && ['string', 'bytes', 'list'].includes(left)));
  require(fits, `${left} ${operatorName(name)} ${right} is not defined; a number is a double: write 1.0, not 1`);
  return left;
}

function inferCall(
  scope: Scope,
  { function: name, target, args }: { function: string; target?: ExpressionNode; args: ExpressionNode[] },
): StaticType {
  const types = args.map((argument) => infer(argument, scope));
  const targetType = target && infer(target, scope);
  const [left, right] = types;
  if (LOGIC.has(name)) {
    for (const type of types) require(fitsBool(type), `${operatorName(name)} needs bools, has ${type}`);
    return 'bool';
  }
  if (COMPARISONS.has(name)) {
    const ordered = [left, right].every((type) => type === 'dyn' || ORDERED.has(type));
    require(ordered &&
      comparable(left, right), `${left} and ${right} cannot be compared with ${operatorName(name)}`);
    return 'bool';
  }
  if (EQUALITIES.has(name)) {
    const fits = comparable(left, right) || left === 'null' || right === 'null';
    require(fits, `${left} and ${right} are never equal`);
    return 'bool';
  }
  if (name === '@in') {
    require(['list', 'map', 'dyn'].includes(right), `'in' needs a list on its right, has ${right}`);
    return 'bool';
  }
  if (ARITHMETIC.has(name)) return inferArithmetic(name, types);
  if (name === '_?_:_') {
    require(fitsBool(left), `the condition of ?: must be a bool, is ${left}`);
    return types[1] === types[2] ? types[1] : 'dyn';
  }
  if (STRING_TESTS.has(name) && targetType !== undefined) {
    require(['string', 'dyn'].includes(targetType), `${name}() is for strings, not for ${targetType}`);
    return 'bool';
  }
  return CONVERSIONS.get(name) ?? 'dyn';
}

function inferLoop(
  scope: Scope,
  loop: Extract<ExpressionNode['exprKind'], { case: 'comprehensionExpr' }>['value'],
): StaticType {
  const { iterRange, accuInit, loopCondition, loopStep, result, iterVar, iterVar2, accuVar } = loop;
  require(scope.loopDepth <
    LOOP_DEPTH_MAX, `loops (exists, all, map, filter) may be nested ${LOOP_DEPTH_MAX} deep`);
  require(iterRange !== undefined &&
    accuInit !== undefined &&
    loopStep !== undefined &&
    result !== undefined, 'a loop is incomplete');
  const rangeType = infer(iterRange, scope);
  require(['list', 'map', 'dyn'].includes(rangeType), `a loop needs a list, has ${rangeType}`);
  const locals = new Map(scope.locals);
  locals.set(accuVar, infer(accuInit, scope));
  locals.set(iterVar, 'dyn');
  if (iterVar2) locals.set(iterVar2, 'dyn');
  const inner = { ...scope, locals, loopDepth: scope.loopDepth + 1 };
  if (loopCondition) infer(loopCondition, inner);
  infer(loopStep, inner);
  return infer(result, inner);
}

function infer(node: ExpressionNode, scope: Scope): StaticType {
  const { exprKind: kind } = node;
  switch (kind.case) {
    case 'constExpr':
      return CONSTANTS[kind.value.constantKind.case ?? ''] ?? 'dyn';
    case 'identExpr': {
      const { name } = kind.value;
      const local = scope.locals.get(name);
      if (local !== undefined) return local;
      if (name === 'item' || name === 'user') return 'map';
      if (name === 'now') return 'timestamp';
      require(TYPE_NAMES.has(name), `unknown name '${name}'; known: item, user, now`);
      return 'dyn';
    }
    case 'selectExpr': {
      const type = inferSelect(scope, kind.value);
      return kind.value.testOnly ? 'bool' : type;
    }
    case 'callExpr':
      return inferCall(scope, kind.value);
    case 'listExpr':
      for (const element of kind.value.elements) infer(element, scope);
      return 'list';
    case 'structExpr':
      throw new ExpressionError('maps and messages are not allowed in a filter');
    case 'comprehensionExpr':
      return inferLoop(scope, kind.value);
    default:
      throw new ExpressionError('the expression is empty');
  }
}

/**
 * The type that an expression yields, as far as it can be told without evaluating it. Throws an ExpressionError
 * for an unknown name or attribute, and for operands that no value could make fit.
 */
export function staticTypeOf(node: ExpressionNode, vocabulary: ExpressionVocabulary): StaticType {
  return infer(node, { vocabulary, locals: new Map(), loopDepth: 0 });
}
