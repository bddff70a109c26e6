import { reasonOf } from '@winnow/domain';
import {
  ExpressionError,
  staticTypeOf,
  type ExpressionNode,
  type ExpressionVocabulary,
  type StaticType,
} from './expression-types';
import type { ExpressionScope } from './expression-scope';
import { compilePattern, type Pattern } from './patterns';

/** A boolean, or undefined where CEL yields an error: a missing attribute. */
export type DirectPredicate = (scope: ExpressionScope) => boolean | undefined;

type Value = string | number | readonly string[];
type ValueReader = (scope: ExpressionScope) => Value | undefined;

const COMPARE: Readonly<Record<string, (left: Value, right: Value) => boolean>> = {
  '_<_': (left, right) => left < right,
  '_<=_': (left, right) => left <= right,
  '_>_': (left, right) => left > right,
  '_>=_': (left, right) => left >= right,
  '_==_': (left, right) => left === right,
  '_!=_': (left, right) => left !== right,
};

/** Each is made once from its constant argument. */
const STRING_TEST: Readonly<Record<string, (part: string) => (text: string) => boolean>> = {
  startsWith: (part) => (text) => text.startsWith(part),
  endsWith: (part) => (text) => text.endsWith(part),
  contains: (part) => (text) => text.includes(part),
  matches: (part) => {
    const pattern = patternOf(part);
    return (text) => pattern.test(text);
  },
};

function patternOf(source: string): Pattern {
  try {
    return compilePattern(source);
  } catch (thrown) {
    throw new ExpressionError(`'${source}' is not a pattern: ${reasonOf(thrown)}`);
  }
}

interface Operand {
  readonly type: StaticType;
  readonly read: ValueReader;
}

function constantOperand(node: ExpressionNode): Operand | null {
  if (node.exprKind.case !== 'constExpr') return null;
  const { constantKind } = node.exprKind.value;
  if (constantKind.case === 'stringValue') {
    const { value } = constantKind;
    return { type: 'string', read: () => value };
  }
  if (constantKind.case === 'doubleValue' || constantKind.case === 'int64Value') {
    const value = Number(constantKind.value);
    return Number.isSafeInteger(value) || constantKind.case === 'doubleValue'
      ? { type: 'double', read: () => value }
      : null;
  }
  return null;
}

function attributeOperand(node: ExpressionNode, vocabulary: ExpressionVocabulary): Operand | null {
  if (node.exprKind.case !== 'selectExpr' || node.exprKind.value.testOnly) return null;
  const { operand, field } = node.exprKind.value;
  if (operand?.exprKind.case !== 'identExpr') return null;
  const { name } = operand.exprKind.value;
  if (name !== 'item' && name !== 'user') return null;
  const type = vocabulary[name].get(field);
  if (type !== 'string' && type !== 'double' && type !== 'list') return null;
  if (name === 'user') return { type, read: (scope) => scope.userValue(field) as Value | undefined };
  if (field === 'id') return { type, read: (scope) => scope.itemId() };
  if (type === 'double') return { type, read: (scope) => scope.itemNumber(field) };
  return { type, read: (scope) => scope.itemValue(field) as Value | undefined };
}

const operandOf = (node: ExpressionNode, vocabulary: ExpressionVocabulary): Operand | null =>
  constantOperand(node) ?? attributeOperand(node, vocabulary);

function comparison(name: string, [left, right]: readonly (Operand | null)[]): DirectPredicate | null {
  if (!left || !right || left.type !== right.type || left.type === 'list') return null;
  // CEL orders strings by code point and JavaScript by UTF-16 unit.
  if (left.type === 'string' && name !== '_==_' && name !== '_!=_') return null;
  const compare = COMPARE[name];
  return (scope) => {
    const leftValue = left.read(scope);
    const rightValue = right.read(scope);
    return leftValue === undefined || rightValue === undefined ? undefined : compare(leftValue, rightValue);
  };
}

function membership(
  [element, list]: readonly ExpressionNode[],
  vocabulary: ExpressionVocabulary,
): DirectPredicate | null {
  const wanted = operandOf(element, vocabulary);
  if (!wanted || wanted.type === 'list') return null;
  if (list.exprKind.case === 'listExpr') {
    const constants = list.exprKind.value.elements.map(constantOperand);
    if (!constants.every((constant) => constant?.type === wanted.type)) return null;
    const members = new Set(constants.map((constant) => constant!.read(undefined as never)));
    return (scope) => {
      const value = wanted.read(scope);
      return value === undefined ? undefined : members.has(value);
    };
  }
  const held = operandOf(list, vocabulary);
  if (held?.type !== 'list' || wanted.type !== 'string') return null;
  return (scope) => {
    const value = wanted.read(scope);
    const members = held.read(scope) as readonly string[] | undefined;
    return value === undefined || members === undefined ? undefined : members.includes(value as string);
  };
}

/** CEL's `&&` and `||` look at both sides: an error is swallowed when the other side decides. */
function logic(
  name: string,
  nodes: readonly ExpressionNode[],
  vocabulary: ExpressionVocabulary,
): DirectPredicate | null {
  const sides = nodes.map((node) => directPredicate(node, vocabulary));
  if (!sides.every((side) => side !== null)) return null;
  if (name === '!_') {
    const [inner] = sides;
    return (scope) => {
      const value = inner(scope);
      return value === undefined ? undefined : !value;
    };
  }
  const deciding = name === '_||_';
  return (scope) => {
    let missing = false;
    for (const side of sides) {
      const value = side(scope);
      if (value === deciding) return deciding;
      missing ||= value === undefined;
    }
    return missing ? undefined : !deciding;
  };
}

function presence(
  node: Extract<ExpressionNode['exprKind'], { case: 'selectExpr' }>['value'],
): DirectPredicate | null {
  const { operand, field } = node;
  if (operand?.exprKind.case !== 'identExpr') return null;
  const { name } = operand.exprKind.value;
  if (name === 'item') return (scope) => (field === 'id' ? true : scope.itemValue(field) !== undefined);
  return name === 'user' ? (scope) => scope.userValue(field) !== undefined : null;
}

/**
 * Compiles the common part of CEL (comparisons of attributes with constants, `in`, string tests, `has`, and
 * logic over these) to closures over the item columns, some thirty times faster than the general interpreter.
 * Null for everything else, which the interpreter evaluates; a spec holds the two to the same answers.
 */
export function directPredicate(
  node: ExpressionNode,
  vocabulary: ExpressionVocabulary,
): DirectPredicate | null {
  const { exprKind: kind } = node;
  if (kind.case === 'constExpr' && kind.value.constantKind.case === 'boolValue') {
    const { value } = kind.value.constantKind;
    return () => value;
  }
  if (kind.case === 'selectExpr') return kind.value.testOnly ? presence(kind.value) : null;
  if (kind.case !== 'callExpr' || staticTypeOf(node, vocabulary) !== 'bool') return null;
  const { function: name, target, args } = kind.value;
  if (name === '_&&_' || name === '_||_' || name === '!_') return logic(name, args, vocabulary);
  if (Object.hasOwn(COMPARE, name))
    return comparison(
      name,
      args.map((argument) => operandOf(argument, vocabulary)),
    );
  if (name === '@in') return membership(args, vocabulary);
  if (!Object.hasOwn(STRING_TEST, name) || !target) return null;
  const text = operandOf(target, vocabulary);
  const part = constantOperand(args[0]);
  if (text?.type !== 'string' || part?.type !== 'string') return null;
  const test = STRING_TEST[name](part.read(undefined as never) as string);
  return (scope) => {
    const value = text.read(scope);
    return value === undefined ? undefined : test(value as string);
  };
}
