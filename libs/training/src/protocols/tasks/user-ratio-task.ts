import { userRatioSplit } from '@winnow/evaluation';
import type { InteractionLog } from '@winnow/evaluation';
import type { RankingTask } from '../ranking-task';
import { heldOutTask } from './held-out-task';

const TRAIN_SHARE = 0.75;
/** The split is the same for every model and seed; which seed the published table used is not known. */
const SPLIT_SEED = 42;
const KS = [10, 20];
const K = 10;

/** A random quarter of everybody's ratings is looked for, whatever their value: Microsoft's benchmark of recommenders. */
export function userRatioTask(log: InteractionLog): RankingTask {
  const { train, cases } = userRatioSplit(log, { train: TRAIN_SHARE, seed: SPLIT_SEED });
  return heldOutTask({
    question: 'rank all items but those of training; relevant is a random quarter of the user’s ratings',
    train,
    cases,
    ks: KS,
    k: K,
  });
}
