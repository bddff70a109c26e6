import type { RetrainingDescription } from '@winnow/domain';

/** One recommender's figures on the newest slice of time. */
export interface GateMetrics {
  readonly ndcgAt20: number;
  readonly recallAt20: number;
}

export interface GateInput {
  readonly retraining: RetrainingDescription;
  readonly userCount: number;
  readonly candidate: GateMetrics;
  readonly popular: GateMetrics;
  /** Null when nothing serves yet. */
  readonly serving: GateMetrics | null;
  readonly indexRecall: number;
  readonly indexRecallMin: number;
}

/** One condition of the gate. */
export interface GateCheck {
  readonly name: string;
  readonly measured: number;
  /** What had to be reached; `strictly` when reaching it was not enough. */
  readonly required: number;
  readonly strictly: boolean;
  readonly passed: boolean;
  /** What is said when it failed. */
  readonly refusal: string;
}

export interface GateVerdict {
  readonly promoted: boolean;
  readonly reason: string;
  /** Empty where there was nothing to measure by. */
  readonly checks: readonly GateCheck[];
}

/** With fewer users than this the figures say nothing, and only the checks that need no users apply. */
const USER_COUNT_MIN = 20;
/** The calibrated recall is a sample's; this much below the wanted value is within its noise. */
const INDEX_RECALL_SLACK = 0.02;

/**
 * Decides whether a candidate release may serve: its index finds what an exact one finds, it beats the popular list,
 * and it is not worse than the serving release by more than the allowed share of NDCG@20.
 */
export function gate(input: GateInput): GateVerdict {
  const { candidate, popular, serving, userCount } = input;
  const checks = gateChecks(input);
  const refusals = checks
    .filter(({ passed, measured }) => !passed && Number.isFinite(measured))
    .map(({ refusal }) => refusal);
  if (!Number.isFinite(candidate.ndcgAt20)) refusals.unshift('NDCG@20 is not a number');
  if (refusals.length > 0) return { promoted: false, reason: refusals.join('; '), checks };
  const against = serving ? `, serving release ${figure(serving.ndcgAt20)}` : '';
  const reason =
    userCount < USER_COUNT_MIN
      ? `only ${userCount} users in the newest slice: promoted unmeasured`
      : `NDCG@20 ${figure(candidate.ndcgAt20)} over ${userCount} users (popular ${figure(popular.ndcgAt20)}${against})`;
  return { promoted: true, reason, checks };
}

function gateChecks(input: GateInput): GateCheck[] {
  const { candidate, popular, serving, retraining, userCount, indexRecall, indexRecallMin } = input;
  const indexFinds = check('index recall@500', indexRecall, {
    required: indexRecallMin - INDEX_RECALL_SLACK,
    refusal: `index recall ${indexRecall.toFixed(3)} is below ${indexRecallMin}`,
  });
  if (userCount < USER_COUNT_MIN) return [indexFinds];
  const measured = candidate.ndcgAt20;
  const beatsPopular = check('NDCG@20 above the popular list', measured, {
    required: popular.ndcgAt20,
    strictly: true,
    refusal: `NDCG@20 ${figure(measured)} does not beat the popular list's ${figure(popular.ndcgAt20)}`,
  });
  if (!serving) return [indexFinds, beatsPopular];
  const keepsUp = check('NDCG@20 about that of the serving release', measured, {
    required: serving.ndcgAt20 * (1 - retraining.ndcgDropMax),
    refusal: `NDCG@20 ${figure(measured)} is more than ${retraining.ndcgDropMax * 100} % below the serving release's ${figure(serving.ndcgAt20)}`,
  });
  return [indexFinds, beatsPopular, keepsUp];
}

function check(
  name: string,
  measured: number,
  rule: { readonly required: number; readonly strictly?: boolean; readonly refusal: string },
): GateCheck {
  const { required, strictly = false, refusal } = rule;
  const passed = strictly ? measured > required : measured >= required;
  return { name, measured, required, strictly, passed, refusal };
}

const figure = (value: number): string => value.toFixed(4);
