import { err, ok, stageError, type AttributeDefinition, type ScoredCandidate } from '@winnow/domain';
import type { Filter, Removed } from '@winnow/pipeline';
import type { Expression } from '../expressions/expression';
import { ExpressionScope, type ItemBindings } from '../expressions/expression-scope';
import type { FunnelQuery } from '../funnel-query';

export interface ExpressionFilterOptions {
  /** `surface-filter` or `filter`; the latter is the request field, for errors that name it. */
  readonly name: string;
  readonly items: ItemBindings;
  readonly userDefinitions: readonly AttributeDefinition[];
  readonly expressionOf: (query: FunnelQuery) => Expression | null;
}

/**
 * Keeps the items of which a CEL expression is true. An item that lacks an attribute which the expression speaks
 * of is not kept (write `has(item.x)` to say otherwise); a result of another type is the caller's error.
 */
export function expressionFilter(options: ExpressionFilterOptions): Filter<FunnelQuery, ScoredCandidate> {
  const { name, items, userDefinitions, expressionOf } = options;
  return {
    name,
    enabled: (query) => expressionOf(query) !== null,
    apply: (query, candidates) => {
      const expression = expressionOf(query);
      if (!expression) return ok({ kept: candidates, removed: [] });
      const { userAttributes, nowMs } = query;
      const scope = new ExpressionScope({ items, userAttributes, userDefinitions, nowMs });
      const kept: ScoredCandidate[] = [];
      const removed: Removed<ScoredCandidate>[] = [];
      for (const candidate of candidates) {
        scope.ordinal = candidate.ordinal;
        const verdict = expression.evaluate(scope);
        if (verdict === true) kept.push(candidate);
        else if (verdict === false || verdict === 'no-value') removed.push({ candidate, reason: name });
        else return err(stageError('client', name, `must yield a bool, yields ${verdict.wrongType}`));
      }
      return ok({ kept, removed });
    },
  };
}
