/** A limit of one of the gate's checks; `off` leaves the check out, and the verdict says so. */
export type GateThreshold = number | 'off';

/**
 * Which value of a difference has to reach its limit, given the difference's confidence interval: `high` refuses only what is
 * surely worse, `mean` what looks worse, `low` everything that is not surely as good.
 */
export const INTERVAL_VALUES = ['low', 'mean', 'high'] as const;
export type IntervalValue = (typeof INTERVAL_VALUES)[number];

/** What a candidate release must show on the newest slice of time to be promoted. */
export interface GateDescription {
  /** With fewer held-out users, only what needs no users is checked. */
  readonly userCountMin: number;
  /** Of every interval, in (0, 1). */
  readonly confidence: number;
  readonly indexRecallDropMax: GateThreshold;
  /** Against lists that know nobody: NDCG@20 relative to theirs, at least. */
  readonly popular: { readonly ndcgLeadMin: GateThreshold; readonly decideBy: IntervalValue };
  readonly trending: { readonly ndcgLeadMin: GateThreshold; readonly decideBy: IntervalValue };
  /** Against the serving release, for the same users; NDCG@20 by `retraining.ndcgDropMax`. */
  readonly serving: {
    readonly recallDropMax: GateThreshold;
    /** Of NDCG@20 over the whole catalogue, where the order of what was shown decides. */
    readonly catalogueNdcgDropMax: GateThreshold;
    readonly decideBy: IntervalValue;
  };
  /** Of each head that predicts odds, on candidates that both releases scored. */
  readonly heads: {
    /** Heads with fewer positives on the slice are not checked. */
    readonly positiveCountMin: number;
    readonly aucDropMax: GateThreshold;
    readonly logLossRiseMax: GateThreshold;
    readonly calibrationErrorMax: GateThreshold;
  };
  readonly catalogue: {
    readonly coverageDropMax: GateThreshold;
    readonly giniRiseMax: GateThreshold;
    /** Of the number of items that make half of all recommendations. */
    readonly popularityCurveDropMax: GateThreshold;
  };
  readonly agreement: { readonly shareMin: GateThreshold; readonly dropMax: GateThreshold };
  readonly slices: {
    readonly ndcgDropMax: GateThreshold;
    /** Smaller slices are not checked. */
    readonly userCountMin: number;
    /** Attributes whose values make slices, besides those under `fairness`. */
    readonly itemGroups: readonly string[];
    readonly userGroups: readonly string[];
  };
  readonly behaviour: {
    readonly singleTasteLiftMin: GateThreshold;
    readonly halvesLeadMin: GateThreshold;
    readonly forgottenOverlapMin: GateThreshold;
    readonly irrelevantOverlapMin: GateThreshold;
    /** User attributes that must not matter. */
    readonly irrelevantAttributes: readonly string[];
  };
}

/** Lenient: an honest first release of a small data set passes. */
export const DEFAULT_GATE: GateDescription = {
  userCountMin: 20,
  confidence: 0.95,
  indexRecallDropMax: 0.02,
  popular: { ndcgLeadMin: 0, decideBy: 'mean' },
  trending: { ndcgLeadMin: -0.1, decideBy: 'high' },
  serving: { recallDropMax: 0.05, catalogueNdcgDropMax: 0.4, decideBy: 'high' },
  heads: { positiveCountMin: 50, aucDropMax: 0.02, logLossRiseMax: 0.25, calibrationErrorMax: 'off' },
  catalogue: { coverageDropMax: 0.5, giniRiseMax: 0.1, popularityCurveDropMax: 0.5 },
  agreement: { shareMin: 'off', dropMax: 0.15 },
  slices: { ndcgDropMax: 0.25, userCountMin: 20, itemGroups: [], userGroups: [] },
  behaviour: {
    singleTasteLiftMin: 0.5,
    halvesLeadMin: -0.05,
    forgottenOverlapMin: 0.3,
    irrelevantOverlapMin: 0.5,
    irrelevantAttributes: [],
  },
};
