import type { EvaluationPolicy } from '@winnow/evaluation';
import { usageError } from '../command-error';

/** What {@link parsePolicy} reads, for help and errors. */
export const POLICY_FORMS = 'greedy, uniform, epsilon-greedy:<share>, softmax:<temperature>';

/** A policy as an option names it; throws a usage error for anything else. */
export function parsePolicy(text: string): EvaluationPolicy {
  const [, kind, parameter] = /^([^:]*)(?::(.+))?$/.exec(text) ?? [];
  const value = Number(parameter);
  if (kind === 'greedy' && parameter === undefined) return { kind };
  if (kind === 'uniform' && parameter === undefined) return { kind };
  if (kind === 'epsilon-greedy' && value >= 0 && value <= 1) return { kind, epsilon: value };
  if (kind === 'softmax' && value > 0) return { kind, temperature: value };
  throw usageError(`--policy: ${text} is no policy`, `use one of ${POLICY_FORMS}`);
}
