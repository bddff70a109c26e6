import { meanOf } from '@winnow/evaluation';
import { noUsers, overlap, withHistory } from './probe';
import type { Probe, ProbedUser } from './probe';

/** Each half must say something. */
const HISTORY_COUNT_MIN = 8;

/**
 * Two halves of one history, taken in turn, are as similar as users can be: how much more do their slates have in common
 * than those of two strangers? The figure is a difference of shares.
 */
export function halvesProbe(users: readonly ProbedUser[], userCountMax: number): Probe {
  const split = users
    .filter(({ state }) => state.recentInteractions.length >= HISTORY_COUNT_MIN)
    .slice(0, userCountMax);
  if (split.length < 2)
    return noUsers('halves', `fewer than two users with ${HISTORY_COUNT_MIN} interactions`);
  return {
    probe: 'halves',
    users: split.flatMap(({ state }) =>
      [0, 1].map((half) =>
        withHistory(
          state,
          state.recentInteractions.filter((_, index) => index % 2 === half),
        ),
      ),
    ),
    note: `histories of ${split.length} users, halved`,
    measure(slates) {
      const kin = split.map((_, user) => overlap(slates[2 * user], slates[2 * user + 1]));
      const strangers = split.map((_, user) =>
        overlap(slates[2 * user], slates[(2 * (user + 1) + 1) % slates.length]),
      );
      return meanOf(kin) - meanOf(strangers);
    },
  };
}
