import type { VectorHits } from '@winnow/domain';

/**
 * Keeps the `k` best of any number of scored ordinals in a binary heap whose root is the worst one kept.
 * Of equal scores the lower ordinal wins, so that results do not depend on the order of arrival.
 * O(log k) a push that is kept, O(1) one that is not.
 */
export class TopK {
  private readonly scores: Float64Array;
  private readonly ordinals: Uint32Array;
  private size = 0;

  constructor(private readonly k: number) {
    this.scores = new Float64Array(k);
    this.ordinals = new Uint32Array(k);
  }

  push(ordinal: number, score: number): void {
    if (this.size < this.k) {
      this.siftUp(this.size, ordinal, score);
      this.size += 1;
    } else if (this.k > 0 && this.beats(score, ordinal, 0)) {
      this.siftDown(ordinal, score, this.size);
    }
  }

  /** Empties the heap: best first. */
  drain(): VectorHits {
    const count = this.size;
    const ordinals = new Uint32Array(count);
    const scores = new Float32Array(count);
    for (let rank = count - 1; rank >= 0; rank -= 1) {
      ordinals[rank] = this.ordinals[0];
      scores[rank] = this.scores[0];
      this.siftDown(this.ordinals[rank], this.scores[rank], rank);
    }
    this.size = 0;
    return { ordinals, scores };
  }

  private beats(score: number, ordinal: number, at: number): boolean {
    return score > this.scores[at] || (score === this.scores[at] && ordinal < this.ordinals[at]);
  }

  private siftUp(from: number, ordinal: number, score: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.beats(score, ordinal, parent)) break;
      this.scores[at] = this.scores[parent];
      this.ordinals[at] = this.ordinals[parent];
      at = parent;
    }
    this.scores[at] = score;
    this.ordinals[at] = ordinal;
  }

  /** Puts the entry in at the root of the first `size` places. */
  private siftDown(ordinal: number, score: number, size: number): void {
    let at = 0;
    for (;;) {
      let worse = 2 * at + 1;
      if (worse >= size) break;
      const right = worse + 1;
      if (right < size && this.beats(this.scores[worse], this.ordinals[worse], right)) worse = right;
      if (!this.beats(score, ordinal, worse)) break;
      this.scores[at] = this.scores[worse];
      this.ordinals[at] = this.ordinals[worse];
      at = worse;
    }
    this.scores[at] = score;
    this.ordinals[at] = ordinal;
  }
}
