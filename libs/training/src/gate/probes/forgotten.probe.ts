import { meanOf } from '@winnow/evaluation';
import { noUsers, overlap, withHistory } from './probe';
import type { Probe, ProbedUser } from './probe';

const HISTORY_COUNT_MIN = 5;

/** What share of a slate stays when the oldest interaction of a history is forgotten: little hangs on it. */
export function forgottenProbe(users: readonly ProbedUser[], userCountMax: number): Probe {
  const asked = users
    .filter(({ state }) => state.recentInteractions.length >= HISTORY_COUNT_MIN)
    .slice(0, userCountMax);
  if (asked.length === 0) return noUsers('forgotten', `no users with ${HISTORY_COUNT_MIN} interactions`);
  return {
    probe: 'forgotten',
    users: asked.map(({ state }) => withHistory(state, state.recentInteractions.slice(1))),
    note: `${asked.length} users without their oldest interaction`,
    measure: (slates) => meanOf(asked.map(({ slate }, user) => overlap(slate, slates[user]))),
  };
}
