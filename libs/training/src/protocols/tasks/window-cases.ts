import type { EvaluationCase } from '@winnow/evaluation';

/** Cases whose history is long enough for the protocol, and the others. */
export interface CasesByHistory {
  readonly cases: readonly EvaluationCase[];
  readonly coldCases: readonly EvaluationCase[];
}

/** How many vocabulary items a history has. */
export const usableCount = ({ history }: EvaluationCase, vocabulary: ReadonlySet<number>): number =>
  history.reduce((count, ordinal) => count + (vocabulary.has(ordinal) ? 1 : 0), 0);

/** Sets apart the users with fewer than `coldBelow` vocabulary items in their history. */
export function byHistory(
  all: readonly EvaluationCase[],
  vocabulary: Uint32Array,
  coldBelow: number,
): CasesByHistory {
  const known = new Set(vocabulary);
  const isCold = (one: EvaluationCase): boolean => usableCount(one, known) < coldBelow;
  return { cases: all.filter((one) => !isCold(one)), coldCases: all.filter(isCold) };
}
