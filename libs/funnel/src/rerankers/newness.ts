import type { NewnessDescription, ScoredCandidate } from '@winnow/domain';
import type { ItemReader, PopularityReader } from '../ports';

/** Which items count as new. */
export interface NewnessOptions extends NewnessDescription {
  readonly items: Pick<ItemReader, 'firstSeenAtMs'>;
  readonly counters: Pick<PopularityReader, 'total'>;
}

const DAY_MS = 86_400_000;

/** Tells new items from those that enough people have met for them to be ranked like others. */
export const newnessOf =
  ({ items, counters, ageDaysMax, positivesBelow }: NewnessOptions) =>
  ({ ordinal }: Pick<ScoredCandidate, 'ordinal'>, nowMs: number): boolean =>
    counters.total(ordinal) < positivesBelow && nowMs - items.firstSeenAtMs(ordinal) <= ageDaysMax * DAY_MS;
