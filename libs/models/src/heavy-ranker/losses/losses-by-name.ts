import type { HeadLossName, RankingLossName } from '@winnow/domain';
import { binaryCrossEntropy } from '@winnow/tensor';
import type { ListLoss, PointLoss } from './loss';
import { listwise, pairwise } from './ranking-losses';
import { huber, squaredError } from './value-losses';

/** What a head learns of each candidate by itself, by the name that winnow.yaml gives it. */
export const POINT_LOSSES: Readonly<Record<HeadLossName, PointLoss>> = {
  'log-loss': binaryCrossEntropy,
  mse: squaredError,
  huber,
};

/** What all heads learn of the order of a query's candidates; null for nothing. */
export const RANKING_LOSSES: Readonly<Record<RankingLossName, ListLoss | null>> = {
  listwise,
  pairwise,
  none: null,
};
