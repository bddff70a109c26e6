/** Which encoder reads the history. */
export type EncoderConfig =
  | { readonly kind: 'mean-pool' }
  | { readonly kind: 'set-pool' }
  | { readonly kind: 'attention-pool' }
  | { readonly kind: 'gru' }
  | {
      readonly kind: 'transformer';
      readonly blockCount: number;
      readonly headCount: number;
      /** Inner width of the feed-forward layers. */
      readonly feedForwardSize: number;
    };

export type EncoderKind = EncoderConfig['kind'];

/** Sizes of a sequence model; saved with its weights. */
export interface SequenceModelConfig {
  readonly encoder: EncoderConfig;
  /** Of item and query vectors. */
  readonly dimension: number;
  readonly itemCount: number;
  /** Items of a history that the encoder reads, the newest ones. */
  readonly historyCountMax: number;
  /**
   * Whether a past item and an item to recommend have one vector or two. One halves the table, and learns from both; two
   * can tell what one watches from what one watches next.
   */
  readonly tiedItems: boolean;
  /** Scores are inner products, or cosines divided by this temperature. */
  readonly temperature: number | null;
}
