import { Metadata, status, type CallOptions, type ClientUnaryCall, type ServiceError } from '@grpc/grpc-js';
import { context, propagation, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';

/** Metadata key of the id that follows one request through every service and log line. */
export const REQUEST_ID_KEY = 'x-request-id';

/** A method of a generated client, bound to it. */
export type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

export interface UnaryCall<Request, Response> {
  readonly method: UnaryMethod<Request, Response>;
  readonly request: Request;
  /** Wall-clock milliseconds since the epoch, as gRPC wants it. */
  readonly deadlineEpochMs: number;
  readonly requestId?: string;
  readonly signal?: AbortSignal;
}

/** Runs one call, `winnow.v1.RankingService/Rank`, inside its client span. Rejects with the ServiceError of `call`. */
export async function inClientSpan<Response>(path: string, call: () => Promise<Response>): Promise<Response> {
  const [service, method] = path.split('/');
  const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
  const tracer = trace.getTracer('@winnow/rpc-clients');
  return tracer.startActiveSpan(path, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    try {
      return await call();
    } catch (thrown) {
      recordFailure(span, thrown as ServiceError);
      throw thrown;
    } finally {
      span.end();
    }
  });
}

function recordFailure(span: Span, error: ServiceError): void {
  span.setAttribute('rpc.grpc.status_name', status[error.code] ?? 'UNKNOWN');
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.details });
}

/** One call inside its client span. Rejects with the ServiceError. */
export const unaryCall = <Request, Response>(
  call: UnaryCall<Request, Response> & { readonly path: string },
): Promise<Response> => inClientSpan(call.path, () => sendUnary(call));

/** With the trace context in its metadata. Rejects with the ServiceError. */
export function sendUnary<Request, Response>(call: UnaryCall<Request, Response>): Promise<Response> {
  const metadata = new Metadata();
  if (call.requestId !== undefined) metadata.set(REQUEST_ID_KEY, call.requestId);
  propagation.inject(context.active(), metadata, {
    set: (carrier, key, value) => carrier.set(key, value),
  });
  return new Promise((resolve, reject) => {
    const pending = call.method(
      call.request,
      metadata,
      { deadline: call.deadlineEpochMs },
      (error, response) => {
        call.signal?.removeEventListener('abort', cancel);
        if (error) reject(error);
        else resolve(response);
      },
    );
    const cancel = (): void => pending.cancel();
    if (call.signal?.aborted) cancel();
    else call.signal?.addEventListener('abort', cancel, { once: true });
  });
}
