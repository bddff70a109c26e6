import { invariant, type TensorFile } from '@winnow/domain';
import { OrdinalColumn } from '../storage/ordinal-column';
import { metadataOf, tensorOf } from '../storage/tensor-access';
import { BestFirst } from './best-first';

const HOUR_MS = 3_600_000;
const PRIOR_MASS_DEFAULT = 50;

type NumberColumn = OrdinalColumn<Float64Array>;

export interface ItemCountersOptions {
  /** One decayed count is kept per half-life. */
  readonly halfLivesHours: readonly number[];
  /** Decayed events' worth of all-time popularity mixed into every share; 50 unless given. */
  readonly priorMass?: number;
}

export interface TopOptions {
  /** Which decayed count to rank by, or all-time totals. */
  readonly halfLifeIndex: number | 'all-time';
  readonly nowMs: number;
  readonly count: number;
  /** Items for which this is false do not enter; all do when it is not given. */
  readonly accept?: (ordinal: number) => boolean;
}

export interface ScoredOrdinals {
  /** Best first. */
  readonly ordinals: Uint32Array;
  readonly scores: Float32Array;
}

/**
 * How much each item was liked, exponentially decayed, per half-life and for all time. The same class counts in
 * training (replayed in time order) and in serving (fed from the event stream).
 *
 * A count is kept as its value at the item's newest event, so an event is O(half-lives), nothing needs periodic
 * ageing, and numbers never overflow: forward decay (Cormode et al., ICDE 2009) with a moving landmark.
 */
export class ItemCounters {
  readonly halfLivesHours: readonly number[];
  readonly priorMass: number;
  private readonly ratesPerMs: readonly number[];
  /** [ordinals, half-lives], each as of the item's `lastMs`. */
  private decayed: NumberColumn;
  private totals: NumberColumn = new OrdinalColumn({ type: Float64Array, absent: 0 });
  private firsts: NumberColumn = new OrdinalColumn({ type: Float64Array, absent: NaN });
  private lasts: NumberColumn = new OrdinalColumn({ type: Float64Array, absent: NaN });
  /** Sums over all items, as of `newestMs`. */
  private readonly decayedSums: Float64Array;
  private totalSum = 0;
  private newest = -Infinity;
  private limit = 0;
  private active = 0;

  constructor({ halfLivesHours, priorMass = PRIOR_MASS_DEFAULT }: ItemCountersOptions) {
    invariant(
      halfLivesHours.length > 0 && halfLivesHours.every((hours) => hours > 0),
      'half-lives are positive hours, at least one',
    );
    this.halfLivesHours = halfLivesHours;
    this.priorMass = priorMass;
    this.ratesPerMs = halfLivesHours.map((hours) => Math.LN2 / (hours * HOUR_MS));
    this.decayed = new OrdinalColumn({ type: Float64Array, absent: 0, width: halfLivesHours.length });
    this.decayedSums = new Float64Array(halfLivesHours.length);
  }

  /** Every counted ordinal is below this. */
  get ordinalLimit(): number {
    return this.limit;
  }

  /** How many items have been counted at least once. */
  get activeCount(): number {
    return this.active;
  }

  /** All-time weight of all items. */
  get totalWeight(): number {
    return this.totalSum;
  }

  /** Time of the newest event; −Infinity before the first. */
  get newestMs(): number {
    return this.newest;
  }

  /** Counts one event. Order does not matter: a late event adds what is left of it by now. */
  apply(ordinal: number, timeMs: number, weight: number): void {
    invariant(Number.isFinite(timeMs) && Number.isFinite(weight), 'time and weight of an event are finite');
    if (weight === 0) return;
    this.reserve(ordinal + 1);
    const last = this.lasts.data[ordinal];
    const isFirst = Number.isNaN(last);
    if (isFirst) this.active += 1;
    this.accumulate({
      values: this.decayed.data,
      offset: ordinal * this.ratesPerMs.length,
      asOfMs: isFirst ? timeMs : last,
      timeMs,
      weight,
    });
    this.accumulate({
      values: this.decayedSums,
      offset: 0,
      asOfMs: this.newest === -Infinity ? timeMs : this.newest,
      timeMs,
      weight,
    });
    this.totals.data[ordinal] += weight;
    this.totalSum += weight;
    this.firsts.data[ordinal] = isFirst ? timeMs : Math.min(this.firsts.data[ordinal], timeMs);
    this.lasts.data[ordinal] = isFirst ? timeMs : Math.max(last, timeMs);
    this.newest = Math.max(this.newest, timeMs);
  }

  /**
   * The item's share of all decayed weight: (w + a·p) ÷ (W + a), with p its all-time share and a the prior mass.
   * When everything is old the all-time order returns, and a single live event cannot take over.
   * Counted as of `nowMs`, or of the newest event if that is later, so shares always sum to one.
   */
  share(ordinal: number, halfLifeIndex: number, nowMs: number): number {
    if (this.totalSum === 0 || !(ordinal < this.limit)) return 0;
    const mass = this.massAt(halfLifeIndex, nowMs);
    return this.smoothed(ordinal, halfLifeIndex, Math.max(nowMs, this.newest)) / (mass + this.priorMass);
  }

  /** `share` of many items as of one moment: what they have in common is computed once. Valid until the next event. */
  sharesAt(halfLifeIndex: number, nowMs: number): (ordinal: number) => number {
    if (this.totalSum === 0) return () => 0;
    const mass = this.massAt(halfLifeIndex, nowMs) + this.priorMass;
    const asOfMs = Math.max(nowMs, this.newest);
    return (ordinal) => (ordinal < this.limit ? this.smoothed(ordinal, halfLifeIndex, asOfMs) / mass : 0);
  }

  /** The item's share of all weight ever counted. */
  allTimeShare(ordinal: number): number {
    return this.totalSum === 0 ? 0 : this.total(ordinal) / this.totalSum;
  }

  /** All-time weight. */
  total(ordinal: number): number {
    return this.totals.at(ordinal);
  }

  /** Decayed weight left at `nowMs` (or at the newest event, if later). */
  decayedWeight(ordinal: number, halfLifeIndex: number, nowMs: number): number {
    const last = this.lastMs(ordinal);
    if (Number.isNaN(last)) return 0;
    const ageMs = Math.max(nowMs, this.newest) - last;
    return (
      this.decayed.data[ordinal * this.ratesPerMs.length + halfLifeIndex] *
      Math.exp(-this.ratesPerMs[halfLifeIndex] * ageMs)
    );
  }

  /** Time of the item's first event; NaN before it. */
  firstMs(ordinal: number): number {
    return this.firsts.at(ordinal);
  }

  /** Time of the item's newest event; NaN before the first. */
  lastMs(ordinal: number): number {
    return this.lasts.at(ordinal);
  }

  /** The best items by share, ties by ordinal. O(ordinals · log count). */
  top({ halfLifeIndex, nowMs, count, accept }: TopOptions): ScoredOrdinals {
    const best = new BestFirst(count);
    if (this.totalSum === 0) return best.take();
    const asOfMs = Math.max(nowMs, this.newest);
    const allTime = halfLifeIndex === 'all-time';
    const mass = allTime ? this.totalSum : this.massAt(halfLifeIndex, nowMs) + this.priorMass;
    for (let ordinal = 0; ordinal < this.limit; ordinal += 1) {
      const total = this.totals.data[ordinal];
      if (total <= 0) continue;
      const score = (allTime ? total : this.smoothed(ordinal, halfLifeIndex, asOfMs)) / mass;
      if (best.wants(score) && (!accept || accept(ordinal))) best.offer(ordinal, score);
    }
    return best.take();
  }

  clone(): ItemCounters {
    return ItemCounters.fromTensors(this.toTensors());
  }

  toTensors(): TensorFile {
    const { limit } = this;
    const columns = { totals: this.totals, 'first-ms': this.firsts, 'last-ms': this.lasts };
    return {
      metadata: {
        counters: JSON.stringify({ halfLivesHours: this.halfLivesHours, priorMass: this.priorMass }),
      },
      tensors: {
        decayed: { shape: [limit, this.ratesPerMs.length], data: this.decayed.snapshot(limit) },
        ...Object.fromEntries(
          Object.entries(columns).map(([name, column]) => [
            name,
            { shape: [limit], data: column.snapshot(limit) },
          ]),
        ),
        'decayed-sums': { shape: [this.decayedSums.length], data: this.decayedSums.slice() },
      },
    };
  }

  /** Adopts the file's arrays: do not write to them afterwards. */
  static fromTensors(file: TensorFile): ItemCounters {
    const counters = new ItemCounters(metadataOf<ItemCountersOptions>(file, 'counters'));
    const column = (name: string, absent: number, width = 1): NumberColumn =>
      new OrdinalColumn({ type: Float64Array, absent, width, data: tensorOf(file, name, Float64Array) });
    counters.decayed = column('decayed', 0, counters.ratesPerMs.length);
    counters.totals = column('totals', 0);
    counters.firsts = column('first-ms', NaN);
    counters.lasts = column('last-ms', NaN);
    counters.decayedSums.set(tensorOf(file, 'decayed-sums', Float64Array));
    counters.limit = counters.totals.data.length;
    for (let ordinal = 0; ordinal < counters.limit; ordinal += 1) {
      const last = counters.lasts.data[ordinal];
      if (Number.isNaN(last)) continue;
      counters.active += 1;
      counters.totalSum += counters.totals.data[ordinal];
      counters.newest = Math.max(counters.newest, last);
    }
    return counters;
  }

  private accumulate(count: {
    values: Float64Array;
    offset: number;
    asOfMs: number;
    timeMs: number;
    weight: number;
  }): void {
    const { values, offset, asOfMs, timeMs, weight } = count;
    const laterMs = timeMs - asOfMs;
    for (let index = 0; index < this.ratesPerMs.length; index += 1) {
      const decay = Math.exp(-this.ratesPerMs[index] * Math.abs(laterMs));
      const held = values[offset + index];
      values[offset + index] = laterMs >= 0 ? held * decay + weight : held + weight * decay;
    }
  }

  private massAt(halfLifeIndex: number, nowMs: number): number {
    const ageMs = Math.max(0, nowMs - this.newest);
    return this.decayedSums[halfLifeIndex] * Math.exp(-this.ratesPerMs[halfLifeIndex] * ageMs);
  }

  private smoothed(ordinal: number, halfLifeIndex: number, asOfMs: number): number {
    return (
      this.decayedWeight(ordinal, halfLifeIndex, asOfMs) +
      (this.priorMass * this.totals.data[ordinal]) / this.totalSum
    );
  }

  private reserve(ordinalLimit: number): void {
    if (ordinalLimit <= this.limit) return;
    this.limit = ordinalLimit;
    for (const column of [this.decayed, this.totals, this.firsts, this.lasts]) column.reserve(ordinalLimit);
  }
}
