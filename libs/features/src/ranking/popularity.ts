import type { ItemCounters } from '../counters/item-counters';
import type {
  CandidateInHand,
  PreparedQuery,
  RankingFeature,
  RankingFeatureSources,
} from './ranking-feature';

/** In multiples of an average item's share: below it, differences are noise. */
const SHARE_FLOOR = 0.05;
const LOG_SCALE = 0.5;

/** Logarithm of a share relative to an average item's: 0 for the average, −1.5 for none. */
const relativeLog = (share: number, counters: ItemCounters): number =>
  LOG_SCALE * Math.log(share * counters.activeCount + SHARE_FLOOR);

/**
 * How popular the item is: lately (fast and slow half-life), for all time, and whether it is on its way up, that is
 * fast against slow and slow against all time.
 */
export class Popularity implements RankingFeature {
  static readonly names = ['trending-fast', 'trending-slow', 'popularity', 'momentum-fast', 'momentum-slow'];
  private nowMs = 0;

  constructor(private readonly sources: RankingFeatureSources) {}

  begin({ nowMs }: PreparedQuery): void {
    this.nowMs = nowMs;
  }

  write({ ordinal }: CandidateInHand, out: Float32Array, offset: number): void {
    const { counters } = this.sources;
    const fast = relativeLog(counters.share(ordinal, 0, this.nowMs), counters);
    const slow = relativeLog(counters.share(ordinal, 1, this.nowMs), counters);
    const allTime = relativeLog(counters.allTimeShare(ordinal), counters);
    out[offset] = fast;
    out[offset + 1] = slow;
    out[offset + 2] = allTime;
    out[offset + 3] = fast - slow;
    out[offset + 4] = slow - allTime;
  }
}
