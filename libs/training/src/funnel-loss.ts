import { ItemFates } from '@winnow/funnel';
import type { FunnelWatch, Loss } from '@winnow/funnel';

/** One way in which the funnel loses wanted items. */
export interface LossRow {
  readonly at: Loss['at'] | 'shown';
  /** The filter, ranker or re-ranker; empty for retrieval and for what was shown. */
  readonly component: string;
  readonly count: number;
  /** Of all wanted items; the shares of all rows add up to 1. */
  readonly share: number;
  readonly examples: readonly LossExample[];
}

export interface LossExample {
  readonly user: number;
  readonly ordinal: number;
  /** Where the ranking had put it, counted from 1; null where none had. */
  readonly rank: number | null;
}

/** What became of everything that users then turned to. */
export interface FunnelLossReport {
  readonly k: number;
  readonly userCount: number;
  readonly wantedCount: number;
  /** In the order of the funnel, what was shown last. */
  readonly rows: readonly LossRow[];
}

const EXAMPLE_COUNT = 3;
const ORDER: readonly LossRow['at'][] = ['retrieval', 'filter', 'cut', 'ranking', 'reranking', 'shown'];

/**
 * Counts where a funnel loses held-out positives: not retrieved, filtered, cut before the heavy ranker, ranked low,
 * pushed back by a re-ranker, or shown among the first `k`. Follow one request per user, then read the report.
 */
export class FunnelLoss {
  readonly #k: number;
  readonly #followed: { readonly user: number; readonly fates: ItemFates }[] = [];

  constructor({ k }: { readonly k: number }) {
    this.#k = k;
  }

  /** What the user's request is to be watched with. */
  follow(user: number, relevant: Iterable<number>): FunnelWatch {
    const fates = new ItemFates(relevant, { k: this.#k });
    this.#followed.push({ user, fates });
    return fates.watch;
  }

  report(): FunnelLossReport {
    const rows = new Map<string, { at: LossRow['at']; component: string; all: LossExample[] }>();
    for (const { user, fates } of this.#followed)
      for (const { ordinal, loss } of fates.fates()) {
        const at = loss?.at ?? 'shown';
        const component = loss && 'component' in loss ? loss.component : '';
        const rank = loss && 'rank' in loss ? loss.rank : null;
        const row = rows.get(`${at} ${component}`) ?? { at, component, all: [] };
        row.all.push({ user, ordinal, rank });
        rows.set(`${at} ${component}`, row);
      }
    const wantedCount = [...rows.values()].reduce((sum, { all }) => sum + all.length, 0);
    return {
      ...{ k: this.#k, userCount: this.#followed.length, wantedCount },
      rows: [...rows.values()]
        .map(({ at, component, all }) => ({
          ...{ at, component, count: all.length, share: all.length / wantedCount },
          examples: all.slice(0, EXAMPLE_COUNT),
        }))
        .sort((left, right) => ORDER.indexOf(left.at) - ORDER.indexOf(right.at) || right.count - left.count),
    };
  }
}
