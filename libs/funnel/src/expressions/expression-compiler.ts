import type { Description, Result, StageError } from '@winnow/domain';
import { compileExpression, type Expression } from './expression';
import { vocabularyOf, type ExpressionVocabulary } from './expression-types';

const EXPRESSION_COUNT_MAX = 1_000;

/**
 * Compiles expressions and keeps the last thousand, refused ones too: a front end sends the same few filters over
 * and over, and a broken one as often as a good one.
 */
export class ExpressionCompiler {
  readonly #vocabulary: ExpressionVocabulary;
  readonly #compiled = new Map<string, Result<Expression, StageError>>();

  constructor(description: Pick<Description, 'items' | 'users'>) {
    this.#vocabulary = vocabularyOf(description.items.attributes, description.users.attributes);
  }

  /** See `compileExpression`. */
  compile(source: string): Result<Expression, StageError> {
    const known = this.#compiled.get(source);
    const result = known ?? compileExpression(source, this.#vocabulary);
    this.#compiled.delete(source);
    this.#compiled.set(source, result);
    if (this.#compiled.size > EXPRESSION_COUNT_MAX) {
      const [oldest] = this.#compiled.keys();
      this.#compiled.delete(oldest);
    }
    return result;
  }
}
