/** Why an index could not be built or opened; the caller falls back to the exact index or refuses the release. */
export type AnnIndexErrorKind =
  | 'native-library-missing'
  | 'damaged'
  | 'vectors-refused'
  | 'recall-not-reached'
  | 'disk'
  | 'aborted'
  | 'crashed';

export interface AnnIndexError {
  readonly kind: AnnIndexErrorKind;
  /** What happened, for a log line. */
  readonly reason: string;
  /** What a person can do about it. */
  readonly remedy: string;
}

const REMEDY: Record<AnnIndexErrorKind, string> = {
  'native-library-missing':
    'install a C++ compiler, make and python3, then run `npm rebuild hnswlib-node`; until then the exact index answers',
  damaged: 'publish the release again, or roll back to its predecessor',
  'vectors-refused': 'retrain: the item tower wrote vectors that are not finite or not normalised',
  'recall-not-reached':
    'raise training.index.m or training.index.efConstruction, or lower training.index.recallMin',
  disk: 'free space on the disk that holds the index, then build again',
  aborted: 'start the build again',
  crashed:
    'look at the log of the process that ended; a repeated crash means a damaged index or too little memory',
};

export const annIndexError = (kind: AnnIndexErrorKind, reason: string): AnnIndexError => ({
  kind,
  reason,
  remedy: REMEDY[kind],
});

/** Carries an {@link AnnIndexError} across code that can only throw (workers, streams). */
export class AnnIndexFailure extends Error {
  constructor(readonly error: AnnIndexError) {
    super(error.reason);
    this.name = 'AnnIndexFailure';
  }
}
