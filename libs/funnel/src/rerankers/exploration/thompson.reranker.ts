import type { Random, ScoredCandidate } from '@winnow/domain';
import type { Reranker } from '@winnow/pipeline';
import type { FunnelQuery } from '../../funnel-query';
import type { PopularityReader } from '../../ports';
import { exploringReranker } from './explored-positions';
import { bestOfNormals } from './best-of-normals';

/** More events make an item no surer than this many: narrower normals would cost time and change no slate. */
const EVENTS_MAX = 255;

/** Positions, how far down the ranking they may reach, and how unsure scores are. */
export interface ThompsonOptions {
  readonly positions: readonly number[];
  readonly depth: number;
  /** How unsure the score of an item without events is, as a share of the range of the scores offered. */
  readonly deviation: number;
  readonly counters: Pick<PopularityReader, 'total'>;
  readonly random: Random | undefined;
}

/**
 * Thompson positions (Thompson 1933; Chapelle and Li, NeurIPS 2011): an item stands with the probability that it is the
 * best, when each score is normal about the one predicted and the less certain the fewer events the item has:
 * deviation / √(1 + events). The draw is made from these probabilities, which are therefore the propensities, exactly.
 */
export function thompsonReranker(options: ThompsonOptions): Reranker<FunnelQuery, ScoredCandidate> {
  const { deviation, counters, ...slots } = options;
  return exploringReranker({
    ...slots,
    name: 'thompson',
    policyOf: (_query, offered) => {
      const scores = Float64Array.from(offered, ({ score }) => score);
      const range =
        scores.reduce((high, score) => Math.max(high, score), -Infinity) -
        scores.reduce((low, score) => Math.min(low, score), Infinity);
      // Equal scores say nothing: then who has fewest events has most to show.
      const unit = range > 0 ? range : 1;
      const deviations = Float64Array.from(
        offered,
        ({ ordinal }) => (deviation * unit) / Math.sqrt(1 + Math.min(EVENTS_MAX, counters.total(ordinal))),
      );
      return { options: [...offered.keys()], propensities: bestOfNormals(scores, deviations) };
    },
  });
}
