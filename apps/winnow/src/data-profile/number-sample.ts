import { seededRandom } from '@winnow/domain';
import type { Histogram, NumberSpread } from '@winnow/reporting';

/** Beyond this many values quantiles come from a uniform sample: their standard error is then below 0.4 % of a rank. */
const CAPACITY = 20_000;
const BIN_COUNT = 30;
/** A value this many times the median would leave a linear axis empty. */
const SKEW_MAX = 30;

/** The spread of a stream of numbers, in bounded memory: exact ends and mean, the rest from a reservoir (Vitter, 1985). */
export class NumberSample {
  private kept = new Float64Array(256);
  private readonly random = seededRandom(1);
  private count = 0;
  private sum = 0;
  private min = Infinity;
  private max = -Infinity;

  add(value: number): void {
    this.count += 1;
    this.sum += value;
    this.min = Math.min(this.min, value);
    this.max = Math.max(this.max, value);
    if (this.count <= CAPACITY) {
      if (this.count > this.kept.length) this.grow();
      this.kept[this.count - 1] = value;
      return;
    }
    const place = Math.floor(this.random() * this.count);
    if (place < CAPACITY) this.kept[place] = value;
  }

  /** Null when nothing was added. */
  spread(): NumberSpread | null {
    if (this.count === 0) return null;
    const sorted = this.kept.slice(0, Math.min(this.count, CAPACITY)).sort();
    return {
      count: this.count,
      min: this.min,
      max: this.max,
      mean: this.sum / this.count,
      quantiles: [0.05, 0.25, 0.5, 0.75, 0.95].map((share) =>
        quantile(sorted, share),
      ) as unknown as NumberSpread['quantiles'],
      histogram: histogramOf(sorted, { min: this.min, max: this.max, scale: this.count / sorted.length }),
      sampled: this.count > CAPACITY,
    };
  }

  private grow(): void {
    const wider = new Float64Array(Math.min(CAPACITY, this.kept.length * 4));
    wider.set(this.kept);
    this.kept = wider;
  }
}

/** The value below which a share of the sorted values lies; nearest rank. */
export const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

/** Thirty bins or fewer: of whole numbers where values are whole, by equal factors where they are far apart. */
export function histogramOf(
  sorted: Float64Array,
  { min, max, scale }: { readonly min: number; readonly max: number; readonly scale: number },
): Histogram {
  const median = quantile(sorted, 0.5);
  const whole = sorted.every(Number.isInteger);
  const positive = sorted.find((value) => value > 0) ?? 0;
  const isLog = positive > 0 && max > SKEW_MAX * Math.max(median, positive);
  const edges = isLog ? logEdges(positive, max, whole) : linearEdges({ min, max, whole });
  const counts = new Array<number>(edges.length - 1).fill(0);
  let leftOutCount = 0;
  let bin = 0;
  for (const value of sorted) {
    if (isLog && value <= 0) leftOutCount += scale;
    else {
      while (bin < counts.length - 1 && value >= edges[bin + 1]) bin += 1;
      counts[bin] += scale;
    }
  }
  return {
    scale: isLog ? 'log' : 'linear',
    edges,
    counts: counts.map(Math.round),
    leftOutCount: Math.round(leftOutCount),
  };
}

/** Edges at equal factors: octaves of counts, quarters of a decade of other numbers, wider where there are too many. */
function logEdges(low: number, high: number, whole: boolean): number[] {
  const factor = whole ? 2 : 10 ** 0.25;
  const stepOf = (value: number): number => Math.floor(Math.log(value) / Math.log(factor) + 1e-9);
  const [from, to] = [stepOf(low), stepOf(high) + 1];
  const stride = Math.ceil((to - from) / BIN_COUNT);
  const edges: number[] = [];
  for (let step = from; step < to + stride; step += stride) edges.push(factor ** step);
  return edges;
}

function linearEdges({
  min,
  max,
  whole,
}: {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}): number[] {
  const span = whole ? max - min + 1 : max - min;
  if (span === 0) return [min - 0.5, min + 0.5];
  const width = whole ? Math.ceil(span / BIN_COUNT) : span / BIN_COUNT;
  const count = Math.ceil(span / width - 1e-9);
  // A bin of whole numbers stands around them, so that its bar is over its number.
  const from = whole && width === 1 ? min - 0.5 : min;
  return Array.from({ length: count + 1 }, (_, index) => from + index * width);
}
