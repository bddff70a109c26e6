import { leaveOneOutSplit } from '@winnow/evaluation';
import type { InteractionLog } from '@winnow/evaluation';
import type { RankingTask } from '../ranking-task';
import type { AttributeSlices } from './global-time-task';
import { windowAfter } from './window-after';

const KS = [5, 10];
const K = 10;

/** Last item out, full ranking: learn from all but everybody's last two items, choose on the last but one, ask for the last. */
export function leaveOneOutTask(log: InteractionLog, slices: AttributeSlices): RankingTask {
  const { train, vocabulary, valid, test } = leaveOneOutSplit(log);
  const window = windowAfter(train, vocabulary);
  return {
    question:
      'rank all items for everybody’s last one; the history is all before it, and is left out of the list',
    facts: [
      { name: 'users', value: test.length },
      { name: 'items', value: vocabulary.length },
      { name: 'past interactions', value: train.users.length },
    ],
    valid: { ...window, cases: valid, k: K },
    test: window,
    cases: test,
    coldCases: [],
    coldBelow: 0,
    ks: KS,
    k: K,
    ...slices,
  };
}
