/** The order in which one step left the candidates, best first; what is missing since the step before was cut here. */
export interface WatchedStep<C> {
  readonly kind: 'source' | 'merger' | 'filter' | 'backfill' | 'scorer' | 'selector' | 'reranker';
  readonly component: string;
  readonly candidates: readonly C[];
  /** Of a scorer: how many, from the front, it scored. */
  readonly scoredCount?: number;
}

/** Sees every step of one run, to say afterwards what became of a candidate. A run without one pays nothing. */
export type Watch<C> = (step: WatchedStep<C>) => void;
