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

/** How popular the item is lately, over the fast and the slow half-life. */
export class TrendingShare implements RankingFeature {
  static readonly names = ['trending-fast', 'trending-slow'];
  private nowMs = 0;

  constructor(private readonly sources: RankingFeatureSources) {}

  begin({ nowMs }: PreparedQuery): void {
    this.nowMs = nowMs;
  }

  write({ ordinal }: CandidateInHand, out: Float32Array, offset: number): void {
    const { counters } = this.sources;
    out[offset] = relativeLog(counters.share(ordinal, 0, this.nowMs), counters);
    out[offset + 1] = relativeLog(counters.share(ordinal, 1, this.nowMs), counters);
  }
}

/** How popular the item has been for all time. */
export class AllTimeShare implements RankingFeature {
  static readonly names = ['popularity'];

  constructor(private readonly sources: RankingFeatureSources) {}

  begin(): void {}

  write({ ordinal }: CandidateInHand, out: Float32Array, offset: number): void {
    const { counters } = this.sources;
    out[offset] = relativeLog(counters.allTimeShare(ordinal), counters);
  }
}

/** Whether the item is on its way up: fast against slow share, and slow against all-time share. */
export class Momentum implements RankingFeature {
  static readonly names = ['momentum-fast', 'momentum-slow'];
  private nowMs = 0;

  constructor(private readonly sources: RankingFeatureSources) {}

  begin({ nowMs }: PreparedQuery): void {
    this.nowMs = nowMs;
  }

  write({ ordinal }: CandidateInHand, out: Float32Array, offset: number): void {
    const { counters } = this.sources;
    const slow = relativeLog(counters.share(ordinal, 1, this.nowMs), counters);
    out[offset] = relativeLog(counters.share(ordinal, 0, this.nowMs), counters) - slow;
    out[offset + 1] = slow - relativeLog(counters.allTimeShare(ordinal), counters);
  }
}
