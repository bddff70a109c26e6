import { NeighbourTable } from '@winnow/features';
import { userSequences } from '../interactions/user-sequences';
import { VocabularyPositions } from '../interactions/vocabulary-positions';
import type { LearningInput, VocabularyScorer } from '../vocabulary-scorer';
import { ItemLinks } from './item-links';

export interface ItemKnnOptions {
  /** Most similar items by which a candidate is judged. */
  readonly neighbourCount: number;
  /** Added to the norm, so that a pair seen once does not look certain. */
  readonly shrinkage: number;
  /** b of the norm n(candidate)^b · n(history item)^(1 − b); default 0.5, the cosine. Below, popular candidates gain. */
  readonly targetExponent?: number;
  /** Weight of the second newest history item, squared for the third …; default 1, all alike. */
  readonly historyDecay?: number;
}

/** Everybody's whole history counts: no user has more items than this. */
const HISTORY_COUNT_MAX = 65_535;

/**
 * Item-based nearest neighbours (Deshpande and Karypis, TOIS 2004): similarity is the cosine of the two items' sets
 * of users with shrinkage, n(i, j) ÷ (√(n(i) · n(j)) + shrinkage), or its asymmetric kin; a candidate's score is the sum of its similarities
 * to those of its `neighbourCount` most similar items that the history holds. O(Σ over users of history²).
 */
export function fitItemKnn(input: LearningInput, options: ItemKnnOptions): VocabularyScorer {
  const { neighbourCount, shrinkage, targetExponent = 0.5, historyDecay = 1 } = options;
  const { offsets, items, itemCount } = userSequences(input);
  const users = new Uint32Array(items.length);
  for (let user = 0; user + 1 < offsets.length; user += 1) users.fill(user, offsets[user], offsets[user + 1]);
  const table = NeighbourTable.build(
    // Order within a history does not matter to a cosine, so all of it is one moment.
    { users, ordinals: items, timesMs: new Float64Array(items.length) },
    {
      historyCountMax: HISTORY_COUNT_MAX,
      neighbourCountMax: neighbourCount,
      farWeight: 1,
      backwardWeight: 1,
      // Rows are candidates, so a row's own count has what is left of 1.
      popularityExponent: 1 - targetExponent,
      shrinkage,
    },
  );
  const links = ItemLinks.fromNeighboursOfTargets(itemCount, (target) => table.neighbours(target));
  return links.scorer(new VocabularyPositions(input.vocabulary), historyDecay);
}
