import type { Random } from '@winnow/domain';
import { EmbeddingTable } from '@winnow/tensor';
import type { ProfileSource } from '../content-source';
import type { HistoryTables } from './history-slots';
import { recencyRowCount } from './recency';

/** What is learnt of queries: of their histories' slots, and of their users' profiles. */
export interface QueryTables extends HistoryTables {
  /** [profileRowCount, profileSize] */
  readonly profile: EmbeddingTable;
}

/** Tables as they are before training; a row of `slots` per event type, and one for none. */
export const createQueryTables = (
  config: {
    readonly eventTypeCount: number;
    readonly dimension: number;
    readonly historyCountMax: number;
    readonly profileSize: number;
  },
  profile: ProfileSource,
  random: Random,
): QueryTables => ({
  slots: EmbeddingTable.random({
    rowCount: config.eventTypeCount + 1,
    dim: config.dimension,
    standardDeviation: 0.02,
    random,
  }),
  recency: EmbeddingTable.zeros(recencyRowCount(config.historyCountMax), 1),
  profile: EmbeddingTable.random({
    rowCount: profile.profileRowCount,
    dim: config.profileSize,
    standardDeviation: 0.05,
    random,
  }),
});
