import type {
  Candidates,
  FeatureColumns,
  PreparedQuery,
  RankingFeature,
  RankingFeatureSources,
} from './ranking-feature';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** log(1 + 1,000 days) and log(1 + 1,000 hours) are about 7. */
const LOG_SCALE = 1 / 4;

/** Logarithm of a span; 0 for one that is negative or unknown. */
const logSpan = (spanMs: number, unitMs: number): number =>
  spanMs > 0 ? LOG_SCALE * Math.log1p(spanMs / unitMs) : 0;

/** How long ago the item's first and newest events were, and whether it ever had one. */
export class ItemAge implements RankingFeature {
  static readonly names = ['item-age', 'since-item-event', 'item-has-events'];
  private nowMs = 0;

  constructor(private readonly sources: RankingFeatureSources) {}

  begin({ nowMs }: PreparedQuery): void {
    this.nowMs = nowMs;
  }

  write({ ordinals }: Candidates, { matrix, offset, stride }: FeatureColumns): void {
    const { counters } = this.sources;
    for (let row = 0, at = offset; row < ordinals.length; row += 1, at += stride) {
      const firstMs = counters.firstMs(ordinals[row]);
      matrix[at] = logSpan(this.nowMs - firstMs, DAY_MS);
      matrix[at + 1] = logSpan(this.nowMs - counters.lastMs(ordinals[row]), HOUR_MS);
      matrix[at + 2] = Number.isNaN(firstMs) ? 0 : 1;
    }
  }
}

/** How much the user has done, and how long ago they did anything. */
export class UserActivity implements RankingFeature {
  static readonly names = ['history-length', 'since-user-event'];
  private historyLength = 0;
  private sinceEvent = 0;

  begin({ history, nowMs }: PreparedQuery): void {
    this.historyLength = LOG_SCALE * Math.log1p(history.size);
    this.sinceEvent = logSpan(nowMs - history.newestMs, DAY_MS);
  }

  write({ ordinals }: Candidates, { matrix, offset, stride }: FeatureColumns): void {
    for (let row = 0, at = offset; row < ordinals.length; row += 1, at += stride) {
      matrix[at] = this.historyLength;
      matrix[at + 1] = this.sinceEvent;
    }
  }
}
