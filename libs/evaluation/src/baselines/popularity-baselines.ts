import { seededRandom } from '@winnow/domain';
import { positionsOf, type Baseline, type BaselineInput } from './baseline';

const DAY_MS = 86_400_000;

/** Every order equally likely; what any model must beat. */
export function randomBaseline({ vocabulary }: BaselineInput, options: { readonly seed: number }): Baseline {
  const random = seededRandom(options.seed);
  const scores = new Float64Array(vocabulary.length);
  return { name: 'random', score: () => scores.map(() => random()) };
}

/** Sum over past interactions of a weight that depends on their age at the end of the past. */
function weightedCounts(
  { past, vocabulary }: BaselineInput,
  nowMs: number,
  weightOfAge: (ageMs: number) => number,
): Float64Array {
  const positions = positionsOf(vocabulary);
  const counts = new Float64Array(vocabulary.length);
  past.ordinals.forEach((ordinal, index) => {
    const position = positions.get(ordinal);
    if (position !== undefined) counts[position] += weightOfAge(nowMs - past.timesMs[index]);
  });
  return counts;
}

/** By number of past interactions. */
export function popularBaseline(input: BaselineInput): Baseline {
  const counts = weightedCounts(input, 0, () => 1);
  return { name: 'popular', score: () => counts };
}

/** By number of interactions in the last days before `nowMs`. */
export function recentPopularBaseline(
  input: BaselineInput,
  options: { readonly nowMs: number; readonly days?: number },
): Baseline {
  const days = options.days ?? 30;
  const counts = weightedCounts(input, options.nowMs, (ageMs) => (ageMs <= days * DAY_MS ? 1 : 0));
  return { name: `popular-${days}-days`, score: () => counts };
}

/** By exponentially decayed number of interactions as of `nowMs`. */
export function trendingBaseline(
  input: BaselineInput,
  options: { readonly nowMs: number; readonly halfLifeDays: number },
): Baseline {
  const rate = Math.LN2 / (options.halfLifeDays * DAY_MS);
  const counts = weightedCounts(input, options.nowMs, (ageMs) => Math.exp(-rate * Math.max(0, ageMs)));
  return { name: `trending-${options.halfLifeDays}-days`, score: () => counts };
}
