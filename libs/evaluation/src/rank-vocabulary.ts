export interface RankVocabularyOptions {
  /** Ordinals, parallel to `scores`. */
  readonly vocabulary: Uint32Array;
  readonly scores: ArrayLike<number>;
  /** Ordinals that must not be ranked. */
  readonly excluded: ReadonlySet<number>;
  readonly count: number;
}

/** The best `count` ordinals, best first, ties by ordinal. O(vocabulary · log count) at worst, usually O(vocabulary). */
export function rankVocabulary({ vocabulary, scores, excluded, count }: RankVocabularyOptions): Uint32Array {
  // Insertion into a short sorted list beats a heap here: nearly all scores fail the first comparison.
  const ranked = new Uint32Array(count);
  const held = new Float64Array(count).fill(-Infinity);
  let size = 0;
  for (let index = 0; index < vocabulary.length; index += 1) {
    const score = scores[index];
    if (size === count && !(score > held[size - 1])) continue;
    if (excluded.has(vocabulary[index])) continue;
    let at = Math.min(size, count - 1);
    while (at > 0 && held[at - 1] < score) {
      held[at] = held[at - 1];
      ranked[at] = ranked[at - 1];
      at -= 1;
    }
    held[at] = score;
    ranked[at] = vocabulary[index];
    size = Math.min(size + 1, count);
  }
  return ranked.slice(0, size);
}
