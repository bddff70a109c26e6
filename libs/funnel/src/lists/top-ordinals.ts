/** A ranked list held in memory, best first. */
export interface RankedList {
  readonly ordinals: Uint32Array;
  readonly scores: Float64Array;
}

export const EMPTY_LIST: RankedList = { ordinals: new Uint32Array(0), scores: new Float64Array(0) };

/**
 * Keeps the `count` best of a stream of scored ordinals: a min-heap, so that most are refused by one comparison.
 * Equal scores are told apart by ordinal, smaller first. O(log count) an offer, O(count log count) to read.
 */
export class TopOrdinals {
  readonly #count: number;
  readonly #heap: { ordinal: number; score: number }[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  offer(ordinal: number, score: number): void {
    const heap = this.#heap;
    const entry = { ordinal, score };
    if (heap.length < this.#count) {
      heap.push(entry);
      this.#siftUp(heap.length - 1);
    } else if (this.#count > 0 && isWorse(heap[0], entry)) {
      heap[0] = entry;
      this.#siftDown();
    }
  }

  toList(): RankedList {
    const sorted = [...this.#heap].sort((left, right) => (isWorse(left, right) ? 1 : -1));
    return {
      ordinals: Uint32Array.from(sorted, ({ ordinal }) => ordinal),
      scores: Float64Array.from(sorted, ({ score }) => score),
    };
  }

  #siftUp(start: number): void {
    const heap = this.#heap;
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isWorse(heap[at], heap[parent])) return;
      [heap[at], heap[parent]] = [heap[parent], heap[at]];
      at = parent;
    }
  }

  #siftDown(): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && isWorse(heap[child], heap[worst])) worst = child;
      if (worst === at) return;
      [heap[at], heap[worst]] = [heap[worst], heap[at]];
      at = worst;
    }
  }
}

interface Entry {
  readonly ordinal: number;
  readonly score: number;
}

const isWorse = (left: Entry, right: Entry): boolean =>
  left.score < right.score || (left.score === right.score && left.ordinal > right.ordinal);
