/** A failure that the caller must act on is a value; a bug throws. */
export type Result<T, E> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** A success. */
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
/** A failure, as a value. */
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });

/**
 * Who must act on a stage's failure: the caller (`client`), whoever runs the dependency (`dependency`),
 * nobody yet (`timeout`), or whoever trained the model (`model`).
 */
export type StageErrorKind = 'client' | 'dependency' | 'timeout' | 'model';

/** A stage's failure, for whoever must act on it; `degraded` and metrics call the component by this name. */
export interface StageError {
  readonly kind: StageErrorKind;
  /** The component that failed, by the name that appears in `degraded`. */
  readonly component: string;
  readonly reason: string;
  readonly cause?: unknown;
}

/** A {@link StageError} by its parts. */
export const stageError = (
  kind: StageErrorKind,
  component: string,
  reason: string,
  cause?: unknown,
): StageError => ({ kind, component, reason, cause });

/** Text of anything that was thrown. */
export const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

/** Throws when a promise of our own code is broken. Never for bad input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
