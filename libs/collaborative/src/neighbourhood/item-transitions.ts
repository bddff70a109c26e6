import { entriesByItem, userSequences } from '../interactions/user-sequences';
import type { ItemEntries, UserSequences } from '../interactions/user-sequences';
import { VocabularyPositions } from '../interactions/vocabulary-positions';
import type { LearningInput, VocabularyScorer } from '../vocabulary-scorer';
import { ItemLinks } from './item-links';
import type { LinkedItems } from './item-links';

export interface ItemTransitionOptions {
  /** How many steps later still counts as "then"; a step of g counts 1 ÷ g. */
  readonly gapMax: number;
  /** Exponent of the item that one comes from: 1 gives the probability of the step, 0 plain counts. */
  readonly sourceExponent: number;
  /** Exponent of the item that one comes to: the more, the fewer hits everybody goes to anyway. Default 0. */
  readonly targetExponent?: number;
  /** Weight of the second newest history item, squared for the third … */
  readonly historyDecay: number;
}

/**
 * Where people go from an item: how often j came after i in somebody's sequence, w(i, j) = Σ 1 ÷ gap, over
 * n(i)^a · n(j)^b; a candidate's score is the sum over the history, the newest item weighing most. Counted, not
 * learned: the sequential rules of Ludewig and Jannach (UMUAI 2018). O(entries · gapMax).
 */
export function fitItemTransitions(input: LearningInput, options: ItemTransitionOptions): VocabularyScorer {
  const sequences = userSequences(input);
  const byItem = entriesByItem(sequences);
  const row = new TransitionRow(sequences, byItem, options);
  const links = ItemLinks.fromRows(sequences.itemCount, (source) => row.linksOf(source));
  return links.scorer(new VocabularyPositions(input.vocabulary), options.historyDecay);
}

/** Counts one item's row at a time; only the touched cells are read and cleared again. */
class TransitionRow {
  private readonly weights: Float64Array;
  private readonly userEnds: Uint32Array;

  constructor(
    private readonly sequences: UserSequences,
    private readonly byItem: ItemEntries,
    private readonly options: ItemTransitionOptions,
  ) {
    this.weights = new Float64Array(sequences.itemCount);
    this.userEnds = sequences.offsets.subarray(1);
  }

  linksOf(source: number): LinkedItems {
    const { items } = this.sequences;
    const { offsets, entries, users } = this.byItem;
    const touched: number[] = [];
    for (let at = offsets[source]; at < offsets[source + 1]; at += 1) {
      const end = Math.min(this.userEnds[users[at]], entries[at] + this.options.gapMax + 1);
      for (let later = entries[at] + 1; later < end; later += 1) {
        const target = items[later];
        if (target === source) continue;
        if (this.weights[target] === 0) touched.push(target);
        this.weights[target] += 1 / (later - entries[at]);
      }
    }
    const scores = touched.map((target) => this.weights[target] / this.norm(source, target));
    for (const target of touched) this.weights[target] = 0;
    return { ordinals: touched, scores };
  }

  private norm(source: number, target: number): number {
    const { sourceExponent, targetExponent = 0 } = this.options;
    const { offsets } = this.byItem;
    const count = (item: number): number => offsets[item + 1] - offsets[item];
    return count(source) ** sourceExponent * count(target) ** targetExponent;
  }
}
