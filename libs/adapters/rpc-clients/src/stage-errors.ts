import { status, type ServiceError } from '@grpc/grpc-js';
import { RELEASE_NOT_LOADED, stageError, type StageError } from '@winnow/domain';

/** Who must act on a call that failed: the closed list of kinds, from gRPC's codes. */
export function stageErrorOf(component: string, error: ServiceError): StageError {
  switch (error.code) {
    case status.DEADLINE_EXCEEDED:
      return stageError('timeout', component, 'no answer within the time that was left', error);
    case status.CANCELLED:
      return stageError('timeout', component, 'cancelled by the caller', error);
    case status.INVALID_ARGUMENT:
      return stageError('client', component, error.details, error);
    case status.FAILED_PRECONDITION:
      return error.details.includes(RELEASE_NOT_LOADED)
        ? stageError('dependency', component, RELEASE_NOT_LOADED, error)
        : stageError('dependency', component, `FAILED_PRECONDITION: ${error.details}`, error);
    default:
      return stageError('dependency', component, `${status[error.code]}: ${error.details}`, error);
  }
}
