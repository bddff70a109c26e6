import { weightedHistory } from '../interactions/history-weights';
import type { VocabularyPositions } from '../interactions/vocabulary-positions';
import type { VocabularyScorer } from '../vocabulary-scorer';

/** Items and how strongly each is linked; parallel. */
export interface LinkedItems {
  readonly ordinals: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
}

/**
 * What follows from having an item, for every item: compressed sparse rows over positions in the vocabulary, row i
 * holding the candidates that i speaks for.
 */
export class ItemLinks {
  private constructor(
    private readonly offsets: Uint32Array,
    private readonly targets: Uint32Array,
    private readonly weights: Float32Array,
  ) {}

  /** From rows as they are: `linksOf(source)` names the candidates that a source speaks for. */
  static fromRows(itemCount: number, linksOf: (source: number) => LinkedItems): ItemLinks {
    const offsets = new Uint32Array(itemCount + 1);
    const rows: LinkedItems[] = [];
    for (let source = 0; source < itemCount; source += 1) {
      rows.push(linksOf(source));
      offsets[source + 1] = offsets[source] + rows[source].ordinals.length;
    }
    const targets = new Uint32Array(offsets[itemCount]);
    const weights = new Float32Array(offsets[itemCount]);
    rows.forEach((row, source) => {
      targets.set(row.ordinals, offsets[source]);
      weights.set(row.scores, offsets[source]);
    });
    return new ItemLinks(offsets, targets, weights);
  }

  /** From columns, turned round: `neighboursOf(target)` names the sources by which a candidate is judged. */
  static fromNeighboursOfTargets(
    itemCount: number,
    neighboursOf: (target: number) => LinkedItems,
  ): ItemLinks {
    const offsets = new Uint32Array(itemCount + 1);
    for (let target = 0; target < itemCount; target += 1) {
      const { ordinals } = neighboursOf(target);
      for (let index = 0; index < ordinals.length; index += 1) offsets[ordinals[index] + 1] += 1;
    }
    for (let source = 0; source < itemCount; source += 1) offsets[source + 1] += offsets[source];
    const next = offsets.slice();
    const targets = new Uint32Array(offsets[itemCount]);
    const weights = new Float32Array(offsets[itemCount]);
    for (let target = 0; target < itemCount; target += 1) {
      const { ordinals, scores } = neighboursOf(target);
      for (let index = 0; index < ordinals.length; index += 1) {
        const at = next[ordinals[index]]++;
        targets[at] = target;
        weights[at] = scores[index];
      }
    }
    return new ItemLinks(offsets, targets, weights);
  }

  /** Sums the links of a history, each item's weighted by how new it is. O(vocabulary + links of the history). */
  scorer(vocabulary: VocabularyPositions, historyDecay: number): VocabularyScorer {
    const scores = new Float64Array(vocabulary.size);
    return {
      score: (query) => {
        scores.fill(0);
        const { positions, weights } = weightedHistory(query, vocabulary, historyDecay);
        positions.forEach((source, index) => this.add(source, weights[index], scores));
        return scores;
      },
    };
  }

  private add(source: number, weight: number, scores: Float64Array): void {
    const end = this.offsets[source + 1];
    for (let at = this.offsets[source]; at < end; at += 1)
      scores[this.targets[at]] += weight * this.weights[at];
  }
}
