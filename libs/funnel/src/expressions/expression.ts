import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';
import { err, ok, reasonOf, stageError, type Result, type StageError } from '@winnow/domain';
import { directPredicate } from './direct-evaluator';
import { ExpressionError, staticTypeOf, type ExpressionVocabulary } from './expression-types';
import type { ExpressionScope } from './expression-scope';
import { compilePattern } from './patterns';

/** Longest expression, in UTF-16 code units. */
export const EXPRESSION_LENGTH_MAX = 4_096;

/** Component name of every failure of an expression; also the request field at fault. */
const EXPRESSION_COMPONENT = 'filter';

/** What an expression says of one item: no value where it speaks of an attribute that the item lacks. */
export type ExpressionVerdict = boolean | 'no-value' | { readonly wrongType: string };

/** A checked, planned CEL expression over `item`, `user` and `now`. Immutable; used by many requests at once. */
export interface Expression {
  readonly source: string;
  /** Whether the closures answer, rather than the interpreter. */
  readonly direct: boolean;
  evaluate(scope: ExpressionScope): ExpressionVerdict;
}

const environment = celEnv({ re2: { compile: compilePattern } });

const clientError = (reason: string): Result<never, StageError> =>
  err(stageError('client', EXPRESSION_COMPONENT, reason));

function interpreter(node: Parameters<typeof plan>[1]): Expression['evaluate'] {
  const evaluate = plan(environment, node);
  return (scope) => {
    const value = evaluate(scope.celBindings() as unknown as Parameters<typeof evaluate>[0]);
    if (typeof value === 'boolean') return value;
    return isCelError(value) ? 'no-value' : { wrongType: typeof value };
  };
}

/**
 * Parses, checks and plans an expression. A `client` error says what is wrong: too long, does not parse, unknown
 * attribute, operands that do not fit, or a type other than bool.
 */
export function compileExpression(
  source: string,
  vocabulary: ExpressionVocabulary,
): Result<Expression, StageError> {
  if (source.length > EXPRESSION_LENGTH_MAX)
    return clientError(`is ${source.length} characters long; at most ${EXPRESSION_LENGTH_MAX} are allowed`);
  try {
    const node = parse(source).expr;
    const type = staticTypeOf(node, vocabulary);
    if (type !== 'bool' && type !== 'dyn') return clientError(`must yield a bool, yields ${type}: ${source}`);
    const direct = directPredicate(node, vocabulary);
    const evaluate = direct
      ? (scope: ExpressionScope): ExpressionVerdict => direct(scope) ?? 'no-value'
      : interpreter(node);
    return ok({ source, direct: direct !== null, evaluate });
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return clientError(thrown.message);
    return clientError(`does not parse: ${reasonOf(thrown)}`);
  }
}
