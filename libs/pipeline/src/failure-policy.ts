import type { StageErrorKind } from '@winnow/domain';

/**
 * What a component's failure means for the request: `open` goes on without it and says so in `degraded`,
 * `closed` fails the request, `openFor` goes on for these kinds only. There is no default: whoever writes
 * a component decides.
 */
export type FailurePolicy = 'open' | 'closed' | { readonly openFor: readonly StageErrorKind[] };

/** Whether a failure of this kind lets the request go on. */
export function failsOpen(policy: FailurePolicy, kind: StageErrorKind): boolean {
  if (policy === 'open') return true;
  if (policy === 'closed') return false;
  return policy.openFor.includes(kind);
}

/** One line for people: `open`, `closed`, `open for timeout, dependency`. */
export function describePolicy(policy: FailurePolicy): string {
  return typeof policy === 'string' ? policy : `open for ${policy.openFor.join(', ')}`;
}
