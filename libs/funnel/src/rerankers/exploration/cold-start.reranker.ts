import type { Random, ScoredCandidate } from '@winnow/domain';
import type { Reranker } from '@winnow/pipeline';
import type { FunnelQuery } from '../../funnel-query';
import type { ItemReader, PopularityReader } from '../../ports';
import { exploringReranker } from './explored-positions';

const DAY_MS = 86_400_000;

export interface ColdStartOptions {
  readonly positions: readonly number[];
  /** How far down the ranking a newcomer may come from. */
  readonly depth: number;
  /** Probability that a position goes to a newcomer while there is one: what cold start may cost at most. */
  readonly share: number;
  /** A newcomer arrived within this many days … */
  readonly ageDaysMax: number;
  /** … and has less than this weight of positive events. */
  readonly positivesBelow: number;
  readonly items: Pick<ItemReader, 'firstSeenAtMs'>;
  readonly counters: Pick<PopularityReader, 'total'>;
  readonly random: Random | undefined;
}

/**
 * Bounded cold-start positions: newcomers among the next `depth` share `share`, evenly; the rest stays with who would
 * have stood there. Without a newcomer nothing is left to chance.
 */
export function coldStartReranker(options: ColdStartOptions): Reranker<FunnelQuery, ScoredCandidate> {
  const { share, ageDaysMax, positivesBelow, items, counters, ...slots } = options;
  return exploringReranker({
    ...slots,
    name: 'cold-start',
    policyOf: ({ nowMs }, offered) => {
      const newcomers = [...offered.keys()].filter((index) => {
        const { ordinal } = offered[index];
        const ageMs = nowMs - items.firstSeenAtMs(ordinal);
        return ageMs <= ageDaysMax * DAY_MS && counters.total(ordinal) < positivesBelow;
      });
      if (newcomers.length === 0) return null;
      const options = newcomers[0] === 0 ? newcomers : [0, ...newcomers];
      const propensities = new Float64Array(options.length).fill(share / newcomers.length);
      propensities[0] = 1 - share + (newcomers[0] === 0 ? share / newcomers.length : 0);
      return { options, propensities };
    },
  });
}
