import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { REQUEST_ID_KEY } from './call-info';
import type { RpcError, RpcErrorCode } from './rpc-error';

/** Trailing metadata key that names the field at fault. */
export const ERROR_FIELD_KEY = 'x-error-field';

/** Trailing metadata key by which gRPC tells clients when to try again (proposal A6). */
export const RETRY_PUSHBACK_KEY = 'grpc-retry-pushback-ms';

const STATUS_OF: Record<RpcErrorCode, status> = {
  'invalid-argument': status.INVALID_ARGUMENT,
  'not-found': status.NOT_FOUND,
  'failed-precondition': status.FAILED_PRECONDITION,
  'resource-exhausted': status.RESOURCE_EXHAUSTED,
  'deadline-exceeded': status.DEADLINE_EXCEEDED,
  unavailable: status.UNAVAILABLE,
  internal: status.INTERNAL,
};

/** `INVALID_ARGUMENT`, as in metrics and logs. */
export const statusName = (error: RpcError | null): string => status[error ? STATUS_OF[error.code] : 0];

export function trailers(requestId: string, field?: string): Metadata {
  const metadata = new Metadata();
  metadata.set(REQUEST_ID_KEY, requestId);
  if (field !== undefined) metadata.set(ERROR_FIELD_KEY, field);
  return metadata;
}

export function toStatus(error: RpcError, requestId: string): StatusObject {
  const metadata = trailers(requestId, error.field);
  if (error.retryAfterMs !== undefined) metadata.set(RETRY_PUSHBACK_KEY, String(error.retryAfterMs));
  return { code: STATUS_OF[error.code], details: error.message, metadata };
}
