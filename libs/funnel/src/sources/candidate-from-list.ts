import { ordinal, type ScoredCandidate } from '@winnow/domain';

interface SourceList {
  readonly ordinals: ArrayLike<number>;
  readonly scores?: ArrayLike<number>;
}

export interface CandidatesFromListOptions {
  readonly source: string;
  readonly list: SourceList;
  readonly quota: number;
  /** What the list may not give: passed over without costing quota. */
  readonly excluded?: readonly ReadonlySet<number>[];
}

/** The first `quota` of a list as candidates with their provenance; a list without scores counts down from 1. */
export function candidatesFromList(options: CandidatesFromListOptions): ScoredCandidate[] {
  const { source, list, quota, excluded = [] } = options;
  const candidates: ScoredCandidate[] = [];
  for (let index = 0; index < list.ordinals.length && candidates.length < quota; index += 1) {
    const value = list.ordinals[index];
    if (excluded.some((set) => set.has(value))) continue;
    const score = list.scores ? list.scores[index] : 1 - index / list.ordinals.length;
    candidates.push({
      ordinal: ordinal(value),
      provenance: [{ source, rank: candidates.length, score }],
      score: 0,
      stageScores: [],
      headValues: [],
    });
  }
  return candidates;
}
