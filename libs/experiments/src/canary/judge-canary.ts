import type { CanaryDescription, CanaryDifference, CanaryReport, ReleaseVersion } from '@winnow/domain';
import type { Effect, Interval } from '../statistics/effect';
import { canaryEvidence, type CanaryEvidence, type CanaryObservations } from './canary-evidence';

const HOUR_MS = 3_600_000;
/** Below, what the canary's users did is no longer what the canary did. */
const CANARY_SLATE_SHARE_MIN = 0.9;

/** What is decided at one look. */
interface Verdict {
  readonly state: 'running' | 'promoted' | 'dropped';
  readonly reason: string;
}

/** What there is to judge by, and how long it has been there. */
interface Case {
  readonly evidence: CanaryEvidence;
  readonly settings: CanaryDescription;
  /** Since the canary's first slate; NaN before it. */
  readonly servedHours: number;
  readonly isOver: boolean;
}

/**
 * Looks at a canary: is it clearly worse, is it surely as good, is its time over? Looks may come as often as they like:
 * what decides before the end are intervals that hold at every look at once (Johari et al. 2022), and only the last one,
 * at `hoursMax`, is the ordinary interval of one look. The comparison is one of non-inferiority: not that the canary is
 * better has to be shown, but that it is not worse by more than `valueDropMax`.
 */
export function judgeCanary(
  observations: CanaryObservations & { readonly current: ReleaseVersion; readonly nowMs: number },
): CanaryReport {
  const { canary, settings, current, nowMs } = observations;
  const evidence = canaryEvidence(observations);
  const { groups, sampleRatio, value, degradedShare } = evidence;
  const verdict = decide({
    ...{ evidence, settings },
    servedHours: (nowMs - evidence.firstSlateAtMs) / HOUR_MS,
    isOver: nowMs - canary.sinceMs >= settings.hoursMax * HOUR_MS,
  });
  return {
    ...{ formatVersion: 1, version: canary.version, current, sinceMs: canary.sinceMs, lookedAtMs: nowMs },
    ...verdict,
    ...{ settings, groups, sampleRatio: { pValue: sampleRatio.pValue, sound: sampleRatio.sound } },
    value: differenceOf(value),
    degradedShare: differenceOf(degradedShare),
  };
}

function decide(one: Case): Verdict {
  const { evidence, settings } = one;
  const { value, degradedShare } = evidence;
  const few = tooFewUsers(one);
  if (few !== null) return undecided(one, few);
  if (sureInterval(degradedShare).low > settings.degradedShareRiseMax) return degraded(degradedShare);
  const doubt = incomparable(evidence);
  if (doubt !== null) return undecided(one, doubt);
  const says = summaryOf(evidence);
  if (sureInterval(value).high < 0) return { state: 'dropped', reason: `clearly worse: ${says}` };
  const dilution = diluted(evidence);
  if (dilution !== null) return undecided(one, dilution);
  if (one.isOver) return lastLook(one, says);
  const isSafe =
    sureInterval(value).low >= -toleratedDrop(one) &&
    degradedShare.difference <= settings.degradedShareRiseMax;
  return isSafe && one.servedHours >= settings.hoursMin
    ? { state: 'promoted', reason: `surely as good: ${says}` }
    : { state: 'running', reason: says };
}

/** What nobody could judge does not come to serve everybody. */
const undecided = ({ isOver }: Case, doubt: string): Verdict =>
  isOver
    ? { state: 'dropped', reason: `undecided at the end: ${doubt}` }
    : { state: 'running', reason: doubt };

function tooFewUsers({ evidence: { groups }, settings: { userCountMin } }: Case): string | null {
  const [canary, current] = [groups.canary.userCount, groups.current.userCount];
  return Math.min(canary, current) < userCountMin
    ? `${canary} users of the canary beside ${current}, ${userCountMin} needed`
    : null;
}

function incomparable({ groups, sampleRatio, value }: CanaryEvidence): string | null {
  if (!sampleRatio.sound)
    return `${groups.canary.userCount} users of the canary beside ${groups.current.userCount} are not its share`;
  if (value.control === 0 && value.treatment === 0)
    return 'no event that an objective counts has followed a slate';
  return null;
}

/** A canary that was hardly served looks as good as what was served in its place. */
function diluted({ groups }: CanaryEvidence): string | null {
  const share = groups.canary.canarySlateShare ?? 0;
  return share < CANARY_SLATE_SHARE_MIN
    ? `only ${percent(share)} of its users’ slates are the canary’s: is it loaded everywhere?`
    : null;
}

function lastLook(one: Case, says: string): Verdict {
  const { evidence, settings } = one;
  const { value, degradedShare } = evidence;
  if (degradedShare.difference > settings.degradedShareRiseMax) return degraded(degradedShare);
  const decisive = { low: value.interval.low, mean: value.difference, high: value.interval.high }[
    settings.decideBy
  ];
  const limit = `at most ${percent(settings.valueDropMax)} worse (${settings.decideBy})`;
  return decisive >= -toleratedDrop(one)
    ? { state: 'promoted', reason: `${limit}: ${says}` }
    : { state: 'dropped', reason: `not ${limit}: ${says}` };
}

const toleratedDrop = ({ evidence, settings }: Case): number =>
  settings.valueDropMax * Math.abs(evidence.value.control);

/** Groups without any variance, of so many users, leave nothing to chance. */
const sureInterval = ({ sequential, difference }: Effect): Interval =>
  Number.isNaN(sequential.interval.low) ? { low: difference, high: difference } : sequential.interval;

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
const knownInterval = ({ low, high }: Interval): Interval | null =>
  Number.isFinite(low) && Number.isFinite(high) ? { low, high } : null;

const differenceOf = ({
  control,
  treatment,
  difference,
  interval,
  sequential,
}: Effect): CanaryDifference => ({
  ...{ current: known(control), canary: known(treatment), difference: known(difference) },
  ...{ interval: knownInterval(interval), anyLook: knownInterval(sequential.interval) },
});

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
const signedPercent = (share: number): string => `${share > 0 ? '+' : ''}${percent(share)}`;

function summaryOf({ value, groups }: CanaryEvidence): string {
  const { relative, relativeInterval: interval } = value;
  const change = Number.isNaN(relative)
    ? `${value.control} and ${value.treatment}`
    : `${signedPercent(relative)} (${signedPercent(interval.low)} to ${signedPercent(interval.high)})`;
  return `value per user ${change} over ${groups.canary.userCount} and ${groups.current.userCount} users`;
}

const degraded = ({ control, treatment }: Effect): Verdict => ({
  state: 'dropped',
  reason: `${percent(treatment)} of its slates are degraded, and ${percent(control)} of the others`,
});
