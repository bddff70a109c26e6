import type { Metadata } from '@grpc/grpc-js';
import {
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

const getter = {
  keys: (metadata: Metadata): string[] => Object.keys(metadata.getMap()),
  get: (metadata: Metadata, key: string): string[] => metadata.get(key).map(String),
};

/** The caller's trace, from `traceparent` and `tracestate`. */
export const extractTraceContext = (metadata: Metadata): Context =>
  propagation.extract(context.active(), metadata, getter);

/** Runs a call inside its server span, child of the caller's; `run` returns the status to put on the span. */
export async function withServerSpan(
  call: { readonly path: string; readonly metadata: Metadata; readonly requestId: string },
  run: (span: Span) => Promise<{ readonly status: string; readonly failed: boolean }>,
): Promise<void> {
  const [, service, method] = call.path.split('/');
  const attributes = {
    'rpc.system': 'grpc',
    'rpc.service': service,
    'rpc.method': method,
    'winnow.request_id': call.requestId,
  };
  const tracer = trace.getTracer('@winnow/platform');
  const parent = extractTraceContext(call.metadata);
  await tracer.startActiveSpan(
    `${service}/${method}`,
    { kind: SpanKind.SERVER, attributes },
    parent,
    async (span) => {
      try {
        const outcome = await run(span);
        span.setAttribute('rpc.grpc.status_name', outcome.status);
        if (outcome.failed) span.setStatus({ code: SpanStatusCode.ERROR, message: outcome.status });
      } finally {
        span.end();
      }
    },
  );
}
