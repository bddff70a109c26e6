import type { AttributeType } from '@winnow/domain';
import type { Note } from '../page/parts';

/** Counts in bins; bin i reaches from `edges[i]` to `edges[i + 1]`. */
export interface Histogram {
  readonly scale: 'linear' | 'log';
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  /** Values that a logarithmic axis has no place for: zero and below. */
  readonly leftOutCount: number;
}

/** How numbers are spread. */
export interface NumberSpread {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Below which 5, 25, 50, 75 and 95 % of the values lie. */
  readonly quantiles: readonly [p5: number, p25: number, p50: number, p75: number, p95: number];
  readonly histogram: Histogram;
  /** Whether quantiles and histogram come from a uniform sample, because there were too many values to keep. */
  readonly sampled: boolean;
}

export interface ValueCount {
  readonly value: string;
  readonly count: number;
}

export type AttributeSpread =
  | {
      readonly kind: 'values';
      readonly distinctCount: number;
      /** Whether `distinctCount` is an estimate. */
      readonly estimated: boolean;
      /** Most frequent first. */
      readonly top: readonly ValueCount[];
      /** Counts of `top` may be too low by at most this. */
      readonly countErrorMax: number;
      /** Values of one record, for attributes that hold several. */
      readonly perRecord: NumberSpread | null;
    }
  | { readonly kind: 'numbers' | 'times'; readonly spread: NumberSpread }
  | {
      readonly kind: 'text';
      readonly distinctCount: number;
      readonly estimated: boolean;
      readonly words: NumberSpread;
    }
  | { readonly kind: 'vectors'; readonly norms: NumberSpread };

export type Side = 'items' | 'users';

/** One attribute of winnow.yaml as the data has it. */
export interface AttributeReport {
  readonly side: Side;
  readonly name: string;
  readonly type: AttributeType;
  readonly presentCount: number;
  readonly missingCount: number;
  /** Null when no record has it. */
  readonly spread: AttributeSpread | null;
}

/** Items or users that are listed, and those that events speak of. */
export interface SideReport {
  readonly side: Side;
  /** Rows that describe one. */
  readonly rowCount: number;
  /** Distinct ids in those rows. */
  readonly listedCount: number;
  /** Rows that say again what an earlier row of the id said. */
  readonly repeatedRowCount: number;
  /** Rows that say something else than an earlier row of the id. */
  readonly changedRowCount: number;
  /** Distinct ids that events speak of. */
  readonly activeCount: number;
  /** Of these, not listed. */
  readonly unlistedCount: number;
  /** Share of ids that counts were taken from; below 1 they are extrapolated from a uniform sample. */
  readonly sampleShare: number;
  /** Events of each active id. */
  readonly activity: NumberSpread | null;
  /** Shares of all events that the most active 1 % and 10 % hold. */
  readonly topShares: readonly [one: number, ten: number];
}

export interface EventTypeReport {
  readonly name: string;
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly values: NumberSpread;
}

export interface TimelineReport {
  /** Length of a bin. */
  readonly stepMs: number;
  readonly edgesMs: readonly number[];
  readonly series: readonly { readonly name: string; readonly counts: readonly number[] }[];
}

export interface EventDuplicates {
  /** Events that repeat another one's user, item, type and time. */
  readonly exactShare: number;
  /** Events whose user had the same item before, in whatever way. */
  readonly repeatedPairShare: number;
  /** Events whose user has another event in the same moment. */
  readonly sameMomentShare: number;
}

export interface NearDuplicateGroup {
  readonly itemIds: readonly string[];
  readonly titles: readonly string[];
}

/** Items whose titles have nearly the same words. */
export interface NearDuplicateReport {
  readonly attribute: string;
  readonly comparedCount: number;
  /** Items that others are like, the first of each group not counted. */
  readonly itemCount: number;
  readonly groupCount: number;
  /** Jaccard similarity of the words from which two titles count as alike. */
  readonly similarityMin: number;
  /** The largest. */
  readonly groups: readonly NearDuplicateGroup[];
}

/** What an import found in the data; written as JSON, and rendered by {@link renderDataReport}. */
export interface DataReport {
  readonly formatVersion: 1;
  readonly source: string;
  readonly attribution: string;
  readonly createdAtMs: number;
  /** Added to all times on import; all times of the report are after that. */
  readonly timeShiftMs: number;
  readonly rows: readonly {
    readonly kind: string;
    readonly read: number;
    readonly kept: number;
    readonly repaired: number;
    readonly refused: number;
  }[];
  readonly refusedByReason: Readonly<Record<string, number>>;
  readonly droppedAttributes: readonly string[];
  readonly eventCount: number;
  readonly firstEventMs: number | null;
  readonly lastEventMs: number | null;
  readonly sides: readonly SideReport[];
  readonly attributes: readonly AttributeReport[];
  readonly eventTypes: readonly EventTypeReport[];
  readonly timeline: TimelineReport | null;
  readonly duplicates: EventDuplicates | null;
  readonly nearDuplicates: NearDuplicateReport | null;
  /** What to act on or to know, the gravest first. */
  readonly warnings: readonly Note[];
}
