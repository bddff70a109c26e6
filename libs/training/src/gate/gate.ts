import type { GateCheck, GateEvidence, GateVerdict } from '@winnow/reporting';
import { agreementCheck } from './checks/agreement.check';
import { baselinesCheck } from './checks/baselines.check';
import { behaviourCheck } from './checks/behaviour.check';
import { catalogueCheck } from './checks/catalogue.check';
import { indexRecallCheck } from './checks/index-recall.check';
import { predictionsCheck } from './checks/predictions.check';
import { servingReleaseCheck } from './checks/serving-release.check';
import { slicesCheck } from './checks/slices.check';
import { figure } from './gate-check';
import type { Check, GateSettings } from './gate-check';

/** Checks that are true of a release whoever uses it. */
const CHECKS_OF_THE_RELEASE: readonly Check[] = [indexRecallCheck, agreementCheck];

/** Checks that held-out users decide. */
const CHECKS_BY_USERS: readonly Check[] = [
  baselinesCheck,
  servingReleaseCheck,
  predictionsCheck,
  catalogueCheck,
  slicesCheck,
  behaviourCheck,
];

/**
 * Decides whether a candidate release may serve: every check that is on and could be measured must pass. What could not be
 * measured does not refuse a release, but the reason names it.
 */
export function gate(evidence: GateEvidence, settings: GateSettings): GateVerdict {
  const checks = [
    ...CHECKS_OF_THE_RELEASE.flatMap((check) => check(evidence, settings)),
    ...checksByUsers(evidence, settings),
  ];
  const refusals = [...brokenRelease(evidence), ...failed(checks).map(({ says }) => says)];
  if (refusals.length > 0) return { promoted: false, reason: refusals.join('; '), checks };
  return { promoted: true, reason: promotionReason(evidence, checks, settings), checks };
}

function checksByUsers(evidence: GateEvidence, settings: GateSettings): GateCheck[] {
  const { userCount } = evidence;
  const checks = CHECKS_BY_USERS.flatMap((check) => check(evidence, settings));
  if (userCount >= settings.retraining.gate.userCountMin) return checks;
  return checks.map((check) =>
    check.outcome === 'off'
      ? check
      : { ...check, outcome: 'unmeasured' as const, says: `only ${userCount} users in the newest slice` },
  );
}

const failed = (checks: readonly GateCheck[]): GateCheck[] =>
  checks.filter(({ outcome }) => outcome === 'failed');

/** Whatever is switched off: a release whose slates cannot be scored is broken. */
const brokenRelease = ({ userCount, recommenders }: GateEvidence): string[] =>
  userCount > 0 && !Number.isFinite(recommenders.candidate.ndcg.mean) ? ['NDCG@20 is not a number'] : [];

function promotionReason(
  { userCount, recommenders }: GateEvidence,
  checks: readonly GateCheck[],
  { retraining }: GateSettings,
): string {
  if (userCount < retraining.gate.userCountMin)
    return `only ${userCount} users in the newest slice: promoted unmeasured`;
  const { candidate, popular, trending, serving } = recommenders;
  const against = serving ? `, serving release ${figure(serving.ndcg.mean)}` : '';
  const measured = `NDCG@20 ${figure(candidate.ndcg.mean)} over ${userCount} users (popular ${figure(popular.ndcg.mean)}, trending ${figure(trending.ndcg.mean)}${against})`;
  const count = (outcome: GateCheck['outcome']): number =>
    checks.filter((check) => check.outcome === outcome).length;
  const passed = `${count('passed')} checks passed`;
  const missing = [
    ...(count('unmeasured') > 0 ? [`${count('unmeasured')} not measured`] : []),
    ...(count('off') > 0 ? [`${count('off')} off`] : []),
  ];
  return `${measured}; ${[passed, ...missing].join(', ')}`;
}
