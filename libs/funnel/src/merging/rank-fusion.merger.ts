import type { Ordinal, Provenance, ScoredCandidate } from '@winnow/domain';
import type { Merger } from '@winnow/pipeline';
import type { FunnelQuery } from '../funnel-query';

/**
 * Damps the head of each list; 60 is the constant of Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion
 * outperforms Condorcet and individual rank learning methods", SIGIR 2009.
 */
const RANK_CONSTANT = 60;

/** Score of a candidate over all sources: Σ 1 / (60 + rank), ranks counted from 1. */
const fusedScore = ({ provenance }: Pick<ScoredCandidate, 'provenance'>): number =>
  provenance.reduce((sum, { rank }) => sum + 1 / (RANK_CONSTANT + rank + 1), 0);

/**
 * One candidate per item, with the provenance of every source that found it. The sources' own scores have nothing
 * in common, so the order that stands in for a missing light ranker comes from ranks. O(candidates).
 */
export const rankFusionMerger: Merger<FunnelQuery, ScoredCandidate> = {
  name: 'rank-fusion',
  merge: (_query, lists) => {
    const merged = new Map<Ordinal, Provenance[]>();
    for (const list of lists)
      for (const { ordinal, provenance } of list) {
        const known = merged.get(ordinal);
        if (known) for (const entry of provenance) join(known, entry);
        else merged.set(ordinal, [...provenance]);
      }
    const candidates: ScoredCandidate[] = [];
    for (const [ordinal, provenance] of merged) {
      const score = fusedScore({ provenance });
      const stageScores = [{ stage: 'retrieve', score }];
      candidates.push({ ordinal, provenance, score, stageScores, headValues: [] });
    }
    return candidates;
  },
};

/** A source counts once, by its better rank: a stand-in may repeat a list that is a source of its own. */
function join(known: Provenance[], entry: Provenance): void {
  const at = known.findIndex(({ source }) => source === entry.source);
  if (at < 0) known.push(entry);
  else if (entry.rank < known[at].rank) known[at] = entry;
}
