/** One head of the heavy ranker for one candidate. */
export interface ExplainedHead {
  readonly head: string;
  /** What the network predicts. */
  readonly value: number;
  /** What it predicts when it knows nothing. */
  readonly baselineValue: number;
  /** Of the value model. */
  readonly weight: number;
}

/** Something that the score is made from. */
export interface Contribution {
  readonly of: 'feature' | 'item' | 'history' | 'profile';
  readonly name: string;
  /** What the feature is about, in words; null for what is no feature. */
  readonly meaning: string | null;
  /** What the feature says of this candidate; null for what is no single number. */
  readonly value: number | null;
  readonly contribution: number;
}

/** An item of the user's history, beside the candidate. */
export interface NearHistoryItem {
  readonly itemId: string;
  readonly title: string;
  /** What the user did with it, in their order. */
  readonly event: string;
  /** The last time. */
  readonly timeMs: number;
  /** Cosine of the two items' vectors; null where one has none. */
  readonly similarity: number | null;
  /** To the score. */
  readonly contribution: number;
}

/** Why a user would get an item, as far as the heavy ranker goes; printed as JSON or as tables. */
export interface ItemExplanation {
  readonly release: string;
  readonly userId: string;
  readonly itemId: string;
  readonly title: string;
  readonly historyCount: number;
  readonly score: number;
  /** Of an average item for a user of whom nothing is known. */
  readonly baselineScore: number;
  readonly heads: readonly ExplainedHead[];
  /** The largest first; with the gap they add up to `score − baselineScore`. */
  readonly contributions: readonly Contribution[];
  readonly completeness: {
    /** What the contributions leave unexplained. */
    readonly gap: number;
    readonly gapShare: number;
    readonly stepCount: number;
  };
  /** The most similar first. */
  readonly nearestHistory: readonly NearHistoryItem[];
}
