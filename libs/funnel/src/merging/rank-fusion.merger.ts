import type { ScoredCandidate } from '@winnow/domain';
import type { Merger } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';

/**
 * Damps the head of each list; 60 is the constant of Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion
 * outperforms Condorcet and individual rank learning methods", SIGIR 2009.
 */
const RANK_CONSTANT = 60;

/** Score of a candidate over all sources: Σ 1 / (60 + rank), ranks counted from 1. */
export const fusedScore = ({ provenance }: Pick<ScoredCandidate, 'provenance'>): number =>
  provenance.reduce((sum, { rank }) => sum + 1 / (RANK_CONSTANT + rank + 1), 0);

/**
 * One candidate per item, with the provenance of every source that found it. The sources' own scores have nothing
 * in common, so the order that stands in for a missing light ranker comes from ranks.
 */
export const rankFusionMerger: Merger<FunnelQuery, ScoredCandidate> = {
  name: 'rank-fusion',
  merge: (_query, lists) => {
    const provenance = new Map<number, ScoredCandidate['provenance']>();
    const first = new Map<number, ScoredCandidate>();
    for (const candidate of lists.flat()) {
      const known = provenance.get(candidate.ordinal);
      if (!known) first.set(candidate.ordinal, candidate);
      provenance.set(candidate.ordinal, known ? union(known, candidate.provenance) : candidate.provenance);
    }
    return [...first.values()].map((candidate) => {
      const merged = { ...candidate, provenance: provenance.get(candidate.ordinal)! };
      const score = fusedScore(merged);
      return { ...merged, score, stageScores: [{ stage: 'retrieve', score }] };
    });
  },
};

/** A source counts once, by its better rank: a stand-in may repeat a list that is a source of its own. */
function union(
  left: ScoredCandidate['provenance'],
  right: ScoredCandidate['provenance'],
): ScoredCandidate['provenance'] {
  const bySource = new Map(left.map((entry) => [entry.source, entry]));
  for (const entry of right) {
    const known = bySource.get(entry.source);
    if (!known || entry.rank < known.rank) bySource.set(entry.source, entry);
  }
  return [...bySource.values()];
}
