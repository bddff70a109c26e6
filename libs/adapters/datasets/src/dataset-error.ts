export type DatasetErrorKind = 'unknown' | 'not-found' | 'mapping' | 'damaged' | 'download';

/** Why a data set cannot be used at all; the message says what to do. Single bad rows are records, not errors. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
  constructor(
    readonly kind: DatasetErrorKind,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
