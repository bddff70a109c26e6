import { globalTimeSplit } from '@winnow/evaluation';
import type { InteractionLog, Slice } from '@winnow/evaluation';
import type { RankingTask } from '../ranking-task';
import { byHistory } from './window-cases';

/** Users with fewer vocabulary items before the window are not in the protocol's figures. */
const USER_EVENTS_MIN = 5;
const KS = [10, 20];
const K = 20;

export interface AttributeSlices {
  /** By user number. */
  readonly userSlices: readonly Slice[];
  /** By ordinal. */
  readonly itemSlices: readonly Slice[];
}

/** Global time: learn from the first 90 % of the events, rank for everybody as of that moment, look at what came. */
export function globalTimeTask(log: InteractionLog, slices: AttributeSlices): RankingTask {
  // Cold users come along, to be shown beside the protocol's own.
  const { valid, test } = globalTimeSplit(log, { userEventsMin: 0 });
  const validCases = byHistory(valid.cases, valid.vocabulary, USER_EVENTS_MIN).cases;
  const { cases, coldCases } = byHistory(test.cases, test.vocabulary, USER_EVENTS_MIN);
  return {
    question:
      'rank the vocabulary for everybody at one moment; relevant is what a user newly turned to in the last tenth of the events',
    facts: [
      { name: 'users', value: cases.length },
      { name: 'cold users, in a slice only', value: coldCases.length },
      { name: 'items', value: test.vocabulary.length },
      { name: 'past interactions', value: test.past.users.length },
      { name: 'share of the test events outside the vocabulary', value: test.leftOutShare },
    ],
    valid: { ...valid, cases: validCases, k: K },
    test,
    cases,
    coldCases,
    coldBelow: USER_EVENTS_MIN,
    ks: KS,
    k: K,
    ...slices,
  };
}
