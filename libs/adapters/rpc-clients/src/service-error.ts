import { Metadata, status, type ServiceError } from '@grpc/grpc-js';

/** A failure in the shape of those that grpc-js makes. */
export const serviceError = (code: status, details: string): ServiceError =>
  Object.assign(new Error(`${code} ${status[code]}: ${details}`), {
    code,
    details,
    metadata: new Metadata(),
  });
