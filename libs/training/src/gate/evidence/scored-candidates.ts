import type { ScoredCandidate } from '@winnow/domain';
import type { FunnelWatch } from '@winnow/funnel';

/** What a heavy ranker predicted for one user's candidates. */
export interface ScoredCandidates {
  /** [n] */
  readonly ordinals: Uint32Array;
  /** Row-major [n, heads]. */
  readonly headValues: Float32Array;
}

/** The heavy ranker's component in the funnel. */
const HEAVY_RANKER = 'heavy-ranker';

/** Notes what the heavy ranker predicts while the funnel is asked, one request per user. */
export class HeavyRankerWatch {
  /** By index of the request. */
  readonly scored: ScoredCandidates[] = [];

  watchOf(index: number): FunnelWatch {
    this.scored[index] = { ordinals: new Uint32Array(0), headValues: new Float32Array(0) };
    return ({ kind, component, candidates, scoredCount = 0 }) => {
      if (kind === 'scorer' && component === HEAVY_RANKER)
        this.scored[index] = columnsOf(candidates.slice(0, scoredCount));
    };
  }
}

function columnsOf(candidates: readonly ScoredCandidate[]): ScoredCandidates {
  const headCount = candidates[0]?.headValues.length ?? 0;
  const headValues = new Float32Array(candidates.length * headCount);
  candidates.forEach((candidate, row) => headValues.set(candidate.headValues, row * headCount));
  return { ordinals: Uint32Array.from(candidates, ({ ordinal }) => ordinal), headValues };
}
