import { seededRandom } from '@winnow/domain';
import { VocabularyPositions } from '../interactions/vocabulary-positions';
import type { LearningInput, VocabularyScorer } from '../vocabulary-scorer';

const DAY_MS = 86_400_000;

/** Every order equally likely; what any model must beat. */
export function randomScorer(
  { vocabulary }: LearningInput,
  options: { readonly seed: number },
): VocabularyScorer {
  const random = seededRandom(options.seed);
  const scores = new Float64Array(vocabulary.length);
  return { score: () => scores.map(() => random()) };
}

/** The same scores for everybody. */
export const fixedScorer = (scores: Float64Array): VocabularyScorer => ({ score: () => scores });

/** [vocabulary] Sum over past interactions of a weight that depends on their age at `nowMs`. O(interactions). */
function weightedCounts(
  { past, vocabulary }: LearningInput,
  nowMs: number,
  weightOfAge: (ageMs: number) => number,
): Float64Array {
  const positions = new VocabularyPositions(vocabulary);
  const counts = new Float64Array(vocabulary.length);
  past.ordinals.forEach((ordinal, index) => {
    const position = positions.of(ordinal);
    if (position >= 0) counts[position] += weightOfAge(nowMs - past.timesMs[index]);
  });
  return counts;
}

/** [vocabulary] Past interactions of each item. */
export const popularity = (input: LearningInput): Float64Array => weightedCounts(input, 0, () => 1);

export interface RecentPopularityOptions {
  /** The moment that is asked about. */
  readonly nowMs: number;
  readonly days: number;
}

/** [vocabulary] Interactions of each item in the last days. */
export const recentPopularity = (
  input: LearningInput,
  { nowMs, days }: RecentPopularityOptions,
): Float64Array => weightedCounts(input, nowMs, (ageMs) => (ageMs <= days * DAY_MS ? 1 : 0));

export interface DecayedPopularityOptions {
  /** The moment that is asked about. */
  readonly nowMs: number;
  /** An interaction of so long ago counts half. */
  readonly halfLifeDays: number;
}

/** [vocabulary] Interactions of each item, the older the lighter: Σ 2^(−age ÷ half-life). */
export function decayedPopularity(
  input: LearningInput,
  { nowMs, halfLifeDays }: DecayedPopularityOptions,
): Float64Array {
  const rate = Math.LN2 / (halfLifeDays * DAY_MS);
  return weightedCounts(input, nowMs, (ageMs) => Math.exp(-rate * Math.max(0, ageMs)));
}
