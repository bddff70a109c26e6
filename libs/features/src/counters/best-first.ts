/**
 * Keeps the `capacity` best of any number of offers: a binary min-heap in typed arrays. Higher scores are better;
 * of equal scores the lower id wins, so the outcome does not depend on the order of offers.
 */
export class BestFirst {
  private readonly ids: Uint32Array;
  private readonly scores: Float64Array;
  private size = 0;

  constructor(private readonly capacity: number) {
    this.ids = new Uint32Array(capacity);
    this.scores = new Float64Array(capacity);
  }

  /** False when an offer of this score is sure to be refused: saves work before `offer`. */
  wants(score: number): boolean {
    return this.size < this.capacity || (this.capacity > 0 && score >= this.scores[0]);
  }

  offer(id: number, score: number): void {
    if (this.size < this.capacity) {
      this.siftUp(this.size, id, score);
      this.size += 1;
    } else if (this.capacity > 0 && this.isWorse(0, id, score)) {
      this.siftDown(id, score, this.size);
    }
  }

  /** Empties the heap, best first. */
  take(): { ordinals: Uint32Array; scores: Float32Array } {
    const ordinals = new Uint32Array(this.size);
    const scores = new Float32Array(this.size);
    for (let rank = this.size - 1; rank >= 0; rank -= 1) {
      ordinals[rank] = this.ids[0];
      scores[rank] = this.scores[0];
      this.siftDown(this.ids[rank], this.scores[rank], rank);
    }
    this.size = 0;
    return { ordinals, scores };
  }

  /** Whether the entry at `index` should give way to (id, score). */
  private isWorse(index: number, id: number, score: number): boolean {
    const held = this.scores[index];
    return held < score || (held === score && this.ids[index] > id);
  }

  private siftUp(from: number, id: number, score: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.isWorse(parent, id, score)) break;
      this.ids[index] = this.ids[parent];
      this.scores[index] = this.scores[parent];
      index = parent;
    }
    this.ids[index] = id;
    this.scores[index] = score;
  }

  /** Puts (id, score) in the root's place within the first `size` entries. */
  private siftDown(id: number, score: number, size: number): void {
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isWorse(child + 1, this.ids[child], this.scores[child])) child += 1;
      if (!this.isWorse(child, id, score)) break;
      this.ids[index] = this.ids[child];
      this.scores[index] = this.scores[child];
      index = child;
    }
    if (size > 0) {
      this.ids[index] = id;
      this.scores[index] = score;
    }
  }
}
