import { invariant } from '@winnow/domain';
import type { QueryFeatures } from '@winnow/domain';
import type { ProfileSource } from './content-source';
import { GrowableFloat32, GrowableFloat64, GrowableUint32, GrowableUint8 } from './growable-columns';

/** Value of {@link RankingExamples.positions} where the item was not displayed or nobody recorded where. */
export const POSITION_UNKNOWN = 255;

/** Histories of many queries as parallel columns, oldest first; query q owns `[offsets[q], offsets[q + 1])`. */
export interface HistoryColumns {
  readonly offsets: Uint32Array;
  readonly ordinals: Uint32Array;
  /** Index into `Description.events`. */
  readonly eventTypes: Uint8Array;
  readonly timesMs: Float64Array;
}

/** Weighted embedding rows of many owners (CSR); owner i owns `[offsets[i], offsets[i + 1])`. */
export interface BagColumns {
  readonly offsets: Uint32Array;
  readonly rows: Uint32Array;
  readonly weights: Float32Array;
}

/**
 * What rankers learn from: queries, each with the candidates that retrieval brought (one *group*), the features
 * as serving would compute them at `nowMs`, and one label per head. Columns only, no object per row.
 */
export interface RankingExamples {
  readonly queryCount: number;
  /** [queryCount + 1]; query q's candidates are `[groupOffsets[q], groupOffsets[q + 1])`. */
  readonly groupOffsets: Uint32Array;
  /** [n] */
  readonly ordinals: Uint32Array;
  readonly featureCount: number;
  /** Row-major [n, featureCount]. */
  readonly features: Float32Array;
  readonly headCount: number;
  /** Row-major [n, headCount]: in [0, 1], or a value that a head predicts, NaN where it is unknown. */
  readonly labels: Float32Array;
  /** Display position of each candidate, 0-based, or {@link POSITION_UNKNOWN}; enters in training only. */
  readonly positions: Uint8Array;
  readonly histories: HistoryColumns;
  readonly profiles: BagColumns;
  /** [queryCount], milliseconds since the epoch. */
  readonly nowMs: Float64Array;
  /** 1 where the candidate was on the user's screen, 0 where it was merely retrieved. [n] */
  readonly shown: Uint8Array;
  /** Share of the negatives like this candidate that was kept, in (0, 1]: what calibration makes up for. [n] */
  readonly negativeRates: Float32Array;
}

/** One query and its retrieved candidates, on their way into {@link RankingExamples}. */
export interface RankingGroup {
  /** Its history must be strictly older than the labels; this is the caller's promise. */
  readonly query: QueryFeatures;
  readonly ordinals: Uint32Array;
  /** Row-major [ordinals, featureCount], from `RankingFeatures.compute`. */
  readonly features: Float32Array;
  /** Row-major [ordinals, headCount]. */
  readonly labels: Float32Array;
  readonly positions?: Uint8Array;
  /** 1 where the candidate was on the user's screen. Default: none was, or nobody recorded it. */
  readonly shown?: Uint8Array;
  /** Of what was merely retrieved; what was shown is all there. Default 1: all negatives are there. */
  readonly negativeRate?: number;
}

/** Collects groups into typed columns that grow by doubling. */
export class RankingExamplesBuilder {
  private readonly groupOffsets = new GrowableUint32();
  private readonly ordinals = new GrowableUint32();
  private readonly features = new GrowableFloat32();
  private readonly labels = new GrowableFloat32();
  private readonly positions = new GrowableUint8();
  private readonly historyOffsets = new GrowableUint32();
  private readonly historyOrdinals = new GrowableUint32();
  private readonly historyEventTypes = new GrowableUint8();
  private readonly historyTimesMs = new GrowableFloat64();
  private readonly profileOffsets = new GrowableUint32();
  private readonly profileRows = new GrowableUint32();
  private readonly profileWeights = new GrowableFloat32();
  private readonly nowMs = new GrowableFloat64();
  private readonly shown = new GrowableUint8();
  private readonly negativeRates = new GrowableFloat32();

  constructor(
    private readonly options: {
      readonly featureCount: number;
      readonly headCount: number;
      readonly historyCountMax: number;
      readonly profileSource: ProfileSource;
    },
  ) {
    this.groupOffsets.push(0);
    this.historyOffsets.push(0);
    this.profileOffsets.push(0);
  }

  /** Groups collected so far. */
  get queryCount(): number {
    return this.nowMs.length;
  }

  /** Appends one query with its candidates; throws when the columns' lengths disagree. */
  add({ query, ordinals, features, labels, positions, shown, negativeRate = 1 }: RankingGroup): void {
    const { featureCount, headCount, historyCountMax, profileSource } = this.options;
    invariant(features.length === ordinals.length * featureCount, 'features are [ordinals, featureCount]');
    invariant(labels.length === ordinals.length * headCount, 'labels are [ordinals, headCount]');
    invariant(!positions || positions.length === ordinals.length, 'one position per ordinal');
    invariant(!shown || shown.length === ordinals.length, 'one mark per ordinal');
    this.ordinals.append(ordinals);
    this.features.append(features);
    this.labels.append(labels);
    this.positions.append(positions ?? new Uint8Array(ordinals.length).fill(POSITION_UNKNOWN));
    this.groupOffsets.push(this.ordinals.length);
    for (const interaction of query.history.slice(-historyCountMax)) {
      this.historyOrdinals.push(interaction.ordinal);
      this.historyEventTypes.push(interaction.eventType);
      this.historyTimesMs.push(interaction.timeMs);
    }
    this.historyOffsets.push(this.historyOrdinals.length);
    const profile = profileSource.queryProfile(query);
    this.profileRows.append(profile.rows);
    this.profileWeights.append(profile.weights);
    this.profileOffsets.push(this.profileRows.length);
    this.nowMs.push(query.nowMs);
    this.shown.append(shown ?? new Uint8Array(ordinals.length));
    this.negativeRates.append(Float32Array.from(ordinals, (_, row) => (shown?.[row] ? 1 : negativeRate)));
  }

  /** The columns, trimmed to size. The builder may go on growing; what was built does not change. */
  build(): RankingExamples {
    return {
      queryCount: this.queryCount,
      groupOffsets: this.groupOffsets.toArray(),
      ordinals: this.ordinals.toArray(),
      featureCount: this.options.featureCount,
      features: this.features.toArray(),
      headCount: this.options.headCount,
      labels: this.labels.toArray(),
      positions: this.positions.toArray(),
      histories: {
        offsets: this.historyOffsets.toArray(),
        ordinals: this.historyOrdinals.toArray(),
        eventTypes: this.historyEventTypes.toArray(),
        timesMs: this.historyTimesMs.toArray(),
      },
      profiles: {
        offsets: this.profileOffsets.toArray(),
        rows: this.profileRows.toArray(),
        weights: this.profileWeights.toArray(),
      },
      nowMs: this.nowMs.toArray(),
      shown: this.shown.toArray(),
      negativeRates: this.negativeRates.toArray(),
    };
  }
}

/** The examples of some queries, in the order given: for a held-out slice or a sample. O(rows copied). */
export function selectQueries(examples: RankingExamples, queries: ArrayLike<number>): RankingExamples {
  const { featureCount, headCount, histories, profiles } = examples;
  const groupOffsets = new GrowableUint32();
  const ordinals = new GrowableUint32();
  const features = new GrowableFloat32();
  const labels = new GrowableFloat32();
  const positions = new GrowableUint8();
  const shown = new GrowableUint8();
  const negativeRates = new GrowableFloat32();
  const history = {
    offsets: new GrowableUint32(),
    ordinals: new GrowableUint32(),
    eventTypes: new GrowableUint8(),
    timesMs: new GrowableFloat64(),
  };
  const profile = {
    offsets: new GrowableUint32(),
    rows: new GrowableUint32(),
    weights: new GrowableFloat32(),
  };
  const nowMs = new Float64Array(queries.length);
  groupOffsets.push(0);
  history.offsets.push(0);
  profile.offsets.push(0);
  for (let index = 0; index < queries.length; index += 1) {
    const query = queries[index];
    const [from, to] = [examples.groupOffsets[query], examples.groupOffsets[query + 1]];
    ordinals.append(examples.ordinals.subarray(from, to));
    features.append(examples.features.subarray(from * featureCount, to * featureCount));
    labels.append(examples.labels.subarray(from * headCount, to * headCount));
    positions.append(examples.positions.subarray(from, to));
    shown.append(examples.shown.subarray(from, to));
    negativeRates.append(examples.negativeRates.subarray(from, to));
    groupOffsets.push(ordinals.length);
    const [oldest, end] = [histories.offsets[query], histories.offsets[query + 1]];
    history.ordinals.append(histories.ordinals.subarray(oldest, end));
    history.eventTypes.append(histories.eventTypes.subarray(oldest, end));
    history.timesMs.append(histories.timesMs.subarray(oldest, end));
    history.offsets.push(history.ordinals.length);
    const [first, last] = [profiles.offsets[query], profiles.offsets[query + 1]];
    profile.rows.append(profiles.rows.subarray(first, last));
    profile.weights.append(profiles.weights.subarray(first, last));
    profile.offsets.push(profile.rows.length);
    nowMs[index] = examples.nowMs[query];
  }
  return {
    queryCount: queries.length,
    groupOffsets: groupOffsets.toArray(),
    ordinals: ordinals.toArray(),
    featureCount,
    features: features.toArray(),
    headCount,
    labels: labels.toArray(),
    positions: positions.toArray(),
    histories: {
      offsets: history.offsets.toArray(),
      ordinals: history.ordinals.toArray(),
      eventTypes: history.eventTypes.toArray(),
      timesMs: history.timesMs.toArray(),
    },
    profiles: {
      offsets: profile.offsets.toArray(),
      rows: profile.rows.toArray(),
      weights: profile.weights.toArray(),
    },
    nowMs,
    shown: shown.toArray(),
    negativeRates: negativeRates.toArray(),
  };
}

/** The same queries with only some of their candidates: rows of the examples, ascending, by query. O(rows copied). */
export function selectRows(
  examples: RankingExamples,
  rowsOf: (query: number) => ArrayLike<number>,
): RankingExamples {
  const { queryCount, featureCount, headCount } = examples;
  const rows: number[] = [];
  const groupOffsets = new Uint32Array(queryCount + 1);
  for (let query = 0; query < queryCount; query += 1) {
    for (const row of Array.from(rowsOf(query))) rows.push(row);
    groupOffsets[query + 1] = rows.length;
  }
  const matrix = (values: Float32Array, width: number): Float32Array => {
    const out = new Float32Array(rows.length * width);
    rows.forEach((row, to) => out.set(values.subarray(row * width, (row + 1) * width), to * width));
    return out;
  };
  return {
    ...examples,
    groupOffsets,
    ordinals: Uint32Array.from(rows, (row) => examples.ordinals[row]),
    features: matrix(examples.features, featureCount),
    labels: matrix(examples.labels, headCount),
    positions: Uint8Array.from(rows, (row) => examples.positions[row]),
    shown: Uint8Array.from(rows, (row) => examples.shown[row]),
    negativeRates: matrix(examples.negativeRates, 1),
  };
}
