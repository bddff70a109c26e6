import { seededRandom, shuffle } from '@winnow/domain';
import type { Random } from '@winnow/domain';
import { selectRows } from '../ranking-examples';
import type { RankingExamples } from '../ranking-examples';

export interface LearntMixOptions {
  readonly seed: number;
  /** Candidates that were merely retrieved, for each that was shown. */
  readonly retrievedPerShown: number;
}

/**
 * What rankers learn from: of a query of which it is known what was shown, all of that, everything that was taken, and a
 * draw of so many others; of other queries all candidates.
 *
 * What was never shown says little of whether it would have been liked, and much of what the release before thought of it:
 * with many such rows a ranker learns to think the same.
 */
export function learntMix(
  examples: RankingExamples,
  { seed, retrievedPerShown }: LearntMixOptions,
): RankingExamples {
  if (!examples.shown.includes(1)) return examples;
  return selectRows(examples, (query) =>
    rowsOf(examples, { query, retrievedPerShown, random: seededRandom(seed ^ query) }),
  );
}

function rowsOf(
  { groupOffsets, headCount, labels, shown }: RankingExamples,
  {
    query,
    retrievedPerShown,
    random,
  }: { readonly query: number; readonly retrievedPerShown: number; readonly random: Random },
): Uint32Array {
  const certain: number[] = [];
  const others: number[] = [];
  let shownCount = 0;
  for (let row = groupOffsets[query]; row < groupOffsets[query + 1]; row += 1) {
    shownCount += shown[row];
    const taken = labels.subarray(row * headCount, (row + 1) * headCount).some((label) => label > 0);
    (taken || shown[row] === 1 ? certain : others).push(row);
  }
  const drawn = shownCount > 0 ? Math.round(retrievedPerShown * shownCount) : others.length;
  return Uint32Array.from([...certain, ...shuffle(others, random).slice(0, drawn)]).sort();
}
