import type { TimelineReport } from '@winnow/reporting';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Each a multiple of the one before, so that counts can be merged. */
const STEPS_MS = [HOUR_MS, DAY_MS, 7 * DAY_MS, 28 * DAY_MS, 364 * DAY_MS];
/** Bins are held for as many moments as this; beyond they are merged into longer ones. */
const BIN_COUNT_MAX = 50_000;
/** More bars than this cannot be seen apart. */
const BAR_COUNT_MAX = 220;

/** How many events of each type fell into each hour, day or longer, in bounded memory. */
export class Timeline {
  private bins = new Map<number, Float64Array>();
  private step = 0;

  constructor(private readonly names: readonly string[]) {}

  add(type: number, timeMs: number): void {
    this.countsAt(Math.floor(timeMs / STEPS_MS[this.step]))[type] += 1;
    while (this.bins.size > BIN_COUNT_MAX && this.step < STEPS_MS.length - 1) this.mergeInto(this.step + 1);
  }

  /** Null when there was no event. Types without events are left out. */
  report(): TimelineReport | null {
    if (this.bins.size === 0) return null;
    while (this.barCount() > BAR_COUNT_MAX && this.step < STEPS_MS.length - 1) this.mergeInto(this.step + 1);
    const stepMs = STEPS_MS[this.step];
    const [first] = this.ends();
    const count = this.barCount();
    const at = (bar: number, type: number): number => this.bins.get(first + bar)?.[type] ?? 0;
    const bars = Array.from({ length: count }, (_, bar) => bar);
    return {
      stepMs,
      edgesMs: Array.from({ length: count + 1 }, (_, bar) => (first + bar) * stepMs),
      series: this.names
        .map((name, type) => ({ name, counts: bars.map((bar) => at(bar, type)) }))
        .filter(({ counts }) => counts.some((each) => each > 0)),
    };
  }

  private ends(): readonly [number, number] {
    let [first, last] = [Infinity, -Infinity];
    for (const bin of this.bins.keys()) [first, last] = [Math.min(first, bin), Math.max(last, bin)];
    return [first, last];
  }

  private barCount(): number {
    const [first, last] = this.ends();
    return last - first + 1;
  }

  private countsAt(bin: number): Float64Array {
    let counts = this.bins.get(bin);
    if (!counts) {
      counts = new Float64Array(this.names.length);
      this.bins.set(bin, counts);
    }
    return counts;
  }

  private mergeInto(step: number): void {
    const merged = STEPS_MS[step] / STEPS_MS[this.step];
    const finer = this.bins;
    this.bins = new Map();
    this.step = step;
    for (const [bin, counts] of finer) {
      const sum = this.countsAt(Math.floor(bin / merged));
      counts.forEach((count, type) => (sum[type] += count));
    }
  }
}
