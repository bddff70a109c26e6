import { userId, type Description, type EventColumns } from '@winnow/domain';
import type { CanaryDescription, CanaryGroup, Exposure, ReleaseCanary, ServedUsers } from '@winnow/domain';
import { isCanaryUser } from '../assignment/canary-share';
import { UserOutcomes } from '../report/user-outcomes';
import { effectOf, type Effect } from '../statistics/effect';
import { checkSampleRatio, type SampleRatioCheck } from '../statistics/sample-ratio';
import { valuedEvents } from './event-value';

/** Who was served since the canary's first slate, and what they did. */
export interface CanaryObservations {
  readonly canary: ReleaseCanary;
  readonly served: ServedUsers;
  /** Of the description's event types, from `covariateDays` before the first slate on. */
  readonly events: EventColumns;
  readonly description: Pick<Description, 'events' | 'objectives'>;
  readonly settings: CanaryDescription;
}

/** The two groups compared. */
export interface CanaryEvidence {
  readonly groups: { readonly current: CanaryGroup; readonly canary: CanaryGroup };
  /** NaN before the canary has made a slate. */
  readonly firstSlateAtMs: number;
  readonly sampleRatio: SampleRatioCheck;
  readonly value: Effect;
  readonly degradedShare: Effect;
}

const ARMS = ['current', 'canary'] as const;
const CANARY = 1;

/**
 * Compares users as they were assigned, whatever they were served in the end: who could not be given the canary for a
 * moment stays in its group, so that nothing but the hash decides who is compared. O(users + events).
 */
export function canaryEvidence(observations: CanaryObservations): CanaryEvidence {
  const { canary, served, events, description, settings } = observations;
  const { userIds, firstAtMs } = served;
  const arms = Uint8Array.from(userIds, (id) => Number(isCanaryUser(canary, userId(id))));
  const exposures = userIds.map((id, user): Exposure => ({
    ...{ userId: userId(id), arm: ARMS[arms[user]], firstAtMs: firstAtMs[user] },
  }));
  const { covariateDays, confidence } = settings;
  const outcomes = new UserOutcomes({ exposures, armNames: ARMS, eventTypeCount: 1, covariateDays });
  outcomes.add(valuedEvents(events, description));
  const valueOf = (arm: number) => outcomes.outcomes({ name: 'value', eventType: 0, measure: 'value' }, arm);
  const degradedOf = (arm: number) => ({
    numerator: served.degradedCounts.filter((_, user) => arms[user] === arm),
    denominator: served.slateCounts.filter((_, user) => arms[user] === arm),
  });
  const alpha = 1 - confidence;
  const groups = {
    current: groupOf(served, (user) => arms[user] !== CANARY),
    canary: groupOf(served, (user) => arms[user] === CANARY),
  };
  return {
    groups,
    firstSlateAtMs: userIds.length > 0 ? firstAtMs.reduce((first, one) => Math.min(first, one)) : NaN,
    sampleRatio: checkSampleRatio([
      { userCount: groups.current.userCount, weight: 1 - canary.share },
      { userCount: groups.canary.userCount, weight: canary.share },
    ]),
    value: effectOf(valueOf(0), valueOf(CANARY), { alpha }),
    degradedShare: effectOf(degradedOf(0), degradedOf(CANARY), { alpha }),
  };
}

function groupOf(served: ServedUsers, isMember: (user: number) => boolean): CanaryGroup {
  let [userCount, slateCount, canarySlateCount] = [0, 0, 0];
  for (let user = 0; user < served.userIds.length; user += 1) {
    if (!isMember(user)) continue;
    userCount += 1;
    slateCount += served.slateCounts[user];
    canarySlateCount += served.releaseCounts[user];
  }
  return { userCount, slateCount, canarySlateShare: slateCount > 0 ? canarySlateCount / slateCount : null };
}
