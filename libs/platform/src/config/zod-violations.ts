import type { z } from 'zod';
import type { CheckViolation } from './check-violation';
import { suggestName } from './nearest-name';

type Issue = z.core.$ZodIssue;

const show = (input: unknown): string => {
  const text =
    typeof input === 'object' && input !== null
      ? Array.isArray(input)
        ? 'a list'
        : 'a map'
      : JSON.stringify(input);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

const KINDS: Readonly<Record<string, string>> = {
  record: 'a map',
  object: 'a map',
  array: 'a list',
  tuple: 'a list',
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
};

function boundMessage(
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
  bound: number | bigint,
  word: string,
): string {
  const isSized = ['string', 'array'].includes(issue.origin);
  if (isSized) return `must have ${word} ${bound} ${issue.origin === 'string' ? 'characters' : 'entries'}`;
  const exclusive = issue.inclusive === false ? (word === 'at least' ? 'more than' : 'less than') : word;
  return `must be ${exclusive} ${bound}; is ${show(issue.input)}`;
}

function messageOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type': {
      const kind = KINDS[issue.expected] ?? issue.expected;
      if (issue.input === undefined) return `is required: add it, ${kind}`;
      return `must be ${kind}; is ${issue.input === null ? 'empty' : show(issue.input)}`;
    }
    case 'invalid_value':
      return issue.input === undefined
        ? `is required: add it, one of ${issue.values.join(', ')}`
        : `must be one of ${issue.values.join(', ')}; is ${show(issue.input)}`;
    case 'too_small':
      return boundMessage(issue, issue.minimum, 'at least');
    case 'too_big':
      return boundMessage(issue, issue.maximum, 'at most');
    default:
      return issue.message;
  }
}

/** The branch that the author most likely meant: the one that complains deepest inside. */
function likeliestBranch(branches: readonly Issue[][]): readonly Issue[] {
  const depth = (issues: readonly Issue[]): number =>
    Math.max(...issues.map((issue) => issue.path.length * 2 + (issue.code === 'invalid_type' ? 0 : 1)));
  return branches.reduce((best, branch) => (depth(branch) > depth(best) ? branch : best));
}

/**
 * Turns zod's issues into violations with remedies.
 *
 * @param allowedKeys the settings that may stand at a path, for suggestions.
 */
export function zodViolations(
  issues: readonly Issue[],
  allowedKeys: (path: readonly PropertyKey[]) => readonly string[],
  base: readonly PropertyKey[] = [],
): CheckViolation[] {
  return issues.flatMap((issue): CheckViolation[] => {
    const path = [...base, ...issue.path] as (string | number)[];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `is not a setting: ${suggestName(key, allowedKeys(path))}`,
      }));
    if (issue.code === 'invalid_key')
      return issue.issues.map((inner) => ({ path, message: `as a name ${messageOf(inner)}` }));
    if (issue.code === 'invalid_union') {
      if (issue.errors.length > 0) return zodViolations(likeliestBranch(issue.errors), allowedKeys, path);
      const options = (issue as { options?: readonly unknown[] }).options ?? [];
      return [{ path, message: `must be one of ${options.join(', ')}` }];
    }
    return [{ path, message: messageOf(issue) }];
  });
}
