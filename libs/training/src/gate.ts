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

export interface GateVerdict {
  readonly promoted: boolean;
  readonly reason: string;
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
  const refusals: string[] = [];
  const { candidate, popular, serving, retraining } = input;
  if (!Number.isFinite(candidate.ndcgAt20)) refusals.push('NDCG@20 is not a number');
  if (input.indexRecall < input.indexRecallMin - INDEX_RECALL_SLACK)
    refusals.push(`index recall ${input.indexRecall.toFixed(3)} is below ${input.indexRecallMin}`);
  if (input.userCount >= USER_COUNT_MIN) {
    if (candidate.ndcgAt20 <= popular.ndcgAt20)
      refusals.push(
        `NDCG@20 ${figure(candidate.ndcgAt20)} does not beat the popular list's ${figure(popular.ndcgAt20)}`,
      );
    if (serving && candidate.ndcgAt20 < serving.ndcgAt20 * (1 - retraining.ndcgDropMax))
      refusals.push(
        `NDCG@20 ${figure(candidate.ndcgAt20)} is more than ${retraining.ndcgDropMax * 100} % below the serving release's ${figure(serving.ndcgAt20)}`,
      );
  }
  if (refusals.length > 0) return { promoted: false, reason: refusals.join('; ') };
  const against = serving ? `, serving release ${figure(serving.ndcgAt20)}` : '';
  return input.userCount < USER_COUNT_MIN
    ? { promoted: true, reason: `only ${input.userCount} users in the newest slice: promoted unmeasured` }
    : {
        promoted: true,
        reason: `NDCG@20 ${figure(candidate.ndcgAt20)} over ${input.userCount} users (popular ${figure(popular.ndcgAt20)}${against})`,
      };
}

const figure = (value: number): string => value.toFixed(4);
