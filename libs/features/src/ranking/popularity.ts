import type { ItemCounters } from '../counters/item-counters';
import type {
  Candidates,
  FeatureColumns,
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

  write({ ordinals }: Candidates, { matrix, offset, stride }: FeatureColumns): void {
    const { counters } = this.sources;
    const fastShare = counters.sharesAt(0, this.nowMs);
    const slowShare = counters.sharesAt(1, this.nowMs);
    for (let row = 0, at = offset; row < ordinals.length; row += 1, at += stride) {
      const ordinal = ordinals[row];
      const fast = relativeLog(fastShare(ordinal), counters);
      const slow = relativeLog(slowShare(ordinal), counters);
      const allTime = relativeLog(counters.allTimeShare(ordinal), counters);
      matrix[at] = fast;
      matrix[at + 1] = slow;
      matrix[at + 2] = allTime;
      matrix[at + 3] = fast - slow;
      matrix[at + 4] = slow - allTime;
    }
  }
}
