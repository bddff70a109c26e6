import type { ValueCount } from '@winnow/reporting';

/**
 * Counts of a stream's most frequent values in bounded memory (Misra and Gries, 1982, with the lazy compaction of
 * Anderson et al., IMC 2017): exact up to `capacity` distinct values; beyond, counts are too low by at most
 * {@link errorMax}, and every value more frequent than that is found.
 */
export class FrequentValues {
  private readonly counts = new Map<string, number>();
  private lost = 0;

  constructor(private readonly capacity: number) {}

  add(value: string): void {
    this.counts.set(value, (this.counts.get(value) ?? 0) + 1);
    if (this.counts.size > this.capacity) this.compact();
  }

  /** Bound of what any count may be too low by. */
  get errorMax(): number {
    return this.lost;
  }

  /** Values held: all of them while {@link errorMax} is 0. */
  get size(): number {
    return this.counts.size;
  }

  top(count: number): ValueCount[] {
    return [...this.counts]
      .sort(([leftValue, left], [rightValue, right]) => right - left || (leftValue < rightValue ? -1 : 1))
      .slice(0, count)
      .map(([value, found]) => ({ value, count: found }));
  }

  /** Takes the median count from all, so that half of them make room. */
  private compact(): void {
    const sorted = Float64Array.from(this.counts.values()).sort();
    const median = sorted[sorted.length >>> 1];
    this.lost += median;
    for (const [value, count] of this.counts)
      if (count > median) this.counts.set(value, count - median);
      else this.counts.delete(value);
  }
}
