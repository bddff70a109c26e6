import { meanOf, NORMAL_975 } from '../metrics/confidence';
import type { LoggedDecisions } from './logged-decisions';

/** Reward per decision that a policy would have had, with a 95 % interval. */
export interface OffPolicyEstimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What a log can say of a policy that did not make it. */
export interface OffPolicyReport {
  readonly decisionCount: number;
  readonly clusterCount: number;
  /** What the logging policy itself had. */
  readonly logged: OffPolicyEstimate;
  readonly ips: OffPolicyEstimate;
  readonly snips: OffPolicyEstimate;
  /** Absent without a reward model. */
  readonly doublyRobust?: OffPolicyEstimate;
  /** Σw² of equal weights that would be as noisy: few of many means that the log hardly speaks of this policy. */
  readonly effectiveCount: number;
  readonly weightMax: number;
  /** Probability that the policy gives to options which the logging policy never draws: bias of no known size. */
  readonly unsupportedShare: number;
}

export interface OffPolicyOptions {
  readonly log: LoggedDecisions;
  /** The evaluation policy's probability of each option, [rows]; those of a decision sum to 1. */
  readonly policy: Float64Array;
  /** Predicted reward of each option, [rows], from a model that has not seen the decision's own reward. */
  readonly predictions?: Float64Array;
}

/**
 * Inverse propensity scoring (Horvitz and Thompson 1952), its self-normalised form (Swaminathan and Joachims, NeurIPS
 * 2015) and the doubly robust estimate (Dudík, Langford and Li, ICML 2011). IPS is unbiased and noisy, SNIPS trades a bias
 * that vanishes for less noise, the doubly robust one is unbiased and as quiet as its reward model is good.
 * Intervals are normal ones over clusters, SNIPS' by the delta method. NaN of an empty log. O(rows).
 */
export function offPolicyReport({ log, policy, predictions }: OffPolicyOptions): OffPolicyReport {
  const { count, chosen, rewards, propensities } = log;
  const weights = Float64Array.from(chosen, (row) => policy[row] / propensities[row]);
  const weighted = weights.map((weight, decision) => weight * rewards[decision]);
  const meanWeight = meanOf(weights);
  const snips = meanOf(weighted) / meanWeight;
  let [squares, weightMax] = [0, 0];
  for (const weight of weights) {
    squares += weight * weight;
    weightMax = Math.max(weightMax, weight);
  }
  return {
    decisionCount: count,
    clusterCount: clusterCountOf(log),
    logged: meanEstimate(rewards, log),
    ips: meanEstimate(weighted, log),
    snips: estimateAt(
      snips,
      weights.map((weight, decision) => (weight * (rewards[decision] - snips)) / meanWeight),
      log,
    ),
    ...(predictions && {
      doublyRobust: meanEstimate(doublyRobustTerms({ log, policy, predictions, weights }), log),
    }),
    effectiveCount: squares > 0 ? (meanWeight * count) ** 2 / squares : 0,
    weightMax,
    unsupportedShare: unsupportedMass(log, policy) / count,
  };
}

function doublyRobustTerms(options: {
  readonly log: LoggedDecisions;
  readonly policy: Float64Array;
  readonly predictions: Float64Array;
  readonly weights: Float64Array;
}): Float64Array {
  const { log, policy, predictions, weights } = options;
  const { starts, chosen, rewards } = log;
  return weights.map((weight, decision) => {
    let expected = 0;
    for (let row = starts[decision]; row < starts[decision + 1]; row += 1)
      expected += policy[row] * predictions[row];
    return expected + weight * (rewards[decision] - predictions[chosen[decision]]);
  });
}

function unsupportedMass({ propensities }: LoggedDecisions, policy: Float64Array): number {
  let mass = 0;
  for (let row = 0; row < policy.length; row += 1) if (propensities[row] === 0) mass += policy[row];
  return mass;
}

const meanEstimate = (terms: Float64Array, log: LoggedDecisions): OffPolicyEstimate => {
  const value = meanOf(terms);
  return estimateAt(
    value,
    terms.map((term) => term - value),
    log,
  );
};

/** The interval of a mean of influences that are 0 on average, clusters drawn anew. */
function estimateAt(value: number, influences: Float64Array, log: LoggedDecisions): OffPolicyEstimate {
  const clusterCount = clusterCountOf(log);
  const sums = new Float64Array(clusterCount);
  for (let decision = 0; decision < log.count; decision += 1)
    sums[log.clusters[decision]] += influences[decision];
  const squares = sums.reduce((sum, each) => sum + each * each, 0);
  const correction = clusterCount / (clusterCount - 1);
  const half = (NORMAL_975 * Math.sqrt(correction * squares)) / log.count;
  return { value, low: value - half, high: value + half };
}

const clusterCountOf = ({ clusters }: LoggedDecisions): number =>
  clusters.reduce((most, cluster) => Math.max(most, cluster + 1), 0);
