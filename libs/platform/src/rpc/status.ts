import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { REQUEST_ID_KEY } from './call-info';
import type { RpcError, RpcErrorCode } from './rpc-error';

/** Trailing metadata key that names the field at fault. */
export const ERROR_FIELD_KEY = 'x-error-field';

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

export const toStatus = (error: RpcError, requestId: string): StatusObject => ({
  code: STATUS_OF[error.code],
  details: error.message,
  metadata: trailers(requestId, error.field),
});
