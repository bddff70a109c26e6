/** A policy that can be named without a model: what it would do with the options and scores that were logged. */
export type EvaluationPolicy =
  | { readonly kind: 'greedy' }
  | { readonly kind: 'uniform' }
  | { readonly kind: 'epsilon-greedy'; readonly epsilon: number }
  | { readonly kind: 'softmax'; readonly temperature: number };

/**
 * The policy's probability of each option of one decision. The first option is what stands there without exploration, so
 * that is what `greedy` takes. Softmax is over scores scaled to [0, 1] within the decision, as scores of different
 * surfaces have different ranges.
 *
 * @param scores [options]
 * @returns [options], together 1
 */
export function policyProbabilities(policy: EvaluationPolicy, scores: ArrayLike<number>): Float64Array {
  const count = scores.length;
  switch (policy.kind) {
    case 'greedy':
      return Float64Array.from(scores, (_score, option) => Number(option === 0));
    case 'uniform':
      return new Float64Array(count).fill(1 / count);
    case 'epsilon-greedy':
      return Float64Array.from(
        scores,
        (_score, option) => policy.epsilon / count + (option === 0 ? 1 - policy.epsilon : 0),
      );
    case 'softmax': {
      const powers = scaledScores(scores).map((score) => Math.exp((score - 1) / policy.temperature));
      const total = powers.reduce((sum, power) => sum + power, 0);
      return powers.map((power) => power / total);
    }
  }
}

/** Scores scaled to [0, 1] within one decision; all 1 when they are equal. */
export function scaledScores(scores: ArrayLike<number>): Float64Array {
  let [low, high] = [Infinity, -Infinity];
  for (let option = 0; option < scores.length; option += 1) {
    low = Math.min(low, scores[option]);
    high = Math.max(high, scores[option]);
  }
  return Float64Array.from(scores, (score) => (high > low ? (score - low) / (high - low) : 1));
}
