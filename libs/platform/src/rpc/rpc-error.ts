import { type StageError, RELEASE_NOT_LOADED } from '@winnow/domain';

/** The failures an RPC may end with, each one status of gRPC. */
export type RpcErrorCode =
  | 'invalid-argument'
  | 'not-found'
  | 'failed-precondition'
  | 'resource-exhausted'
  | 'deadline-exceeded'
  | 'unavailable'
  | 'internal';

/** A failure that the caller is told about. Its message goes over the wire as it is. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  /** The field at fault, with `invalid-argument`. */
  readonly field?: string;
  /** How long the caller is asked to stay away. */
  readonly retryAfterMs?: number;

  constructor(
    readonly code: RpcErrorCode,
    message: string,
    options: { readonly field?: string; readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.field = options.field;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The request's field that is wrong, and what it must be: `k: must be 1 to 500, is 0`. */
export const invalidArgument = (field: string, reason: string): RpcError =>
  new RpcError('invalid-argument', `${field}: ${reason}`, { field });

const INTERNAL_MESSAGE = 'internal error; the log of this service has it by the request id';

/** What a caller is told of a stage's failure. */
export function rpcErrorOfStage(error: StageError): RpcError {
  const message = `${error.component}: ${error.reason}`;
  const options = { cause: error.cause };
  // Clients match this reason as it is, so it travels alone.
  if (error.reason === RELEASE_NOT_LOADED)
    return new RpcError('failed-precondition', RELEASE_NOT_LOADED, options);
  switch (error.kind) {
    case 'client':
      return new RpcError('invalid-argument', message, options);
    case 'timeout':
      return new RpcError('deadline-exceeded', message, options);
    case 'dependency':
      return new RpcError('unavailable', message, options);
    case 'model':
      return new RpcError('internal', message, options);
  }
}

const isStageError = (failure: unknown): failure is StageError =>
  typeof failure === 'object' && failure !== null && 'kind' in failure && 'component' in failure;

/** Anything that is neither a typed failure nor a stage's is a bug: the caller learns nothing of it but that it happened. */
export function toRpcError(failure: unknown): RpcError {
  if (failure instanceof RpcError) return failure;
  if (!(failure instanceof Error) && isStageError(failure)) return rpcErrorOfStage(failure);
  return new RpcError('internal', INTERNAL_MESSAGE, { cause: failure });
}
