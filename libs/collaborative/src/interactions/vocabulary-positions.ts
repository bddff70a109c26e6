/** Where each ordinal stands in the vocabulary: one array look-up, because ordinals are dense. */
export class VocabularyPositions {
  private readonly positions: Int32Array;
  readonly size: number;

  /** @param vocabulary ordinals, ascending */
  constructor(vocabulary: Uint32Array) {
    this.size = vocabulary.length;
    this.positions = new Int32Array((vocabulary.at(-1) ?? -1) + 1).fill(-1);
    vocabulary.forEach((ordinal, position) => (this.positions[ordinal] = position));
  }

  /** −1 for an ordinal that is not in the vocabulary. */
  of(ordinal: number): number {
    return this.positions[ordinal] ?? -1;
  }
}
