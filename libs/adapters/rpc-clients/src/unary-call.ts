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
  /** `winnow.v1.RankingService/Rank`, for the span. */
  readonly path: string;
  readonly method: UnaryMethod<Request, Response>;
  readonly request: Request;
  /** Wall-clock milliseconds since the epoch, as gRPC wants it. */
  readonly deadlineEpochMs: number;
  readonly requestId?: string;
  readonly signal?: AbortSignal;
}

/** One call inside its client span, with the trace context in its metadata. Rejects with the ServiceError. */
export async function unaryCall<Request, Response>(call: UnaryCall<Request, Response>): Promise<Response> {
  const [service, method] = call.path.split('/');
  const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
  const tracer = trace.getTracer('@winnow/rpc-clients');
  return tracer.startActiveSpan(call.path, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    try {
      return await send(call);
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

function send<Request, Response>(call: UnaryCall<Request, Response>): Promise<Response> {
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
