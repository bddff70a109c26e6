import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

export interface TracingOptions {
  readonly service: string;
  /** Base URL of an OTLP/HTTP collector: `http://127.0.0.1:4318`. Without it, and without an exporter, nothing is traced. */
  readonly otlpEndpoint?: string;
  /** Takes finished spans at once, instead of a collector. */
  readonly exporter?: SpanExporter;
  /** Share of traces begun here that are kept; a caller's decision is followed. Default 1. */
  readonly sampledShare?: number;
}

export interface Tracing {
  /** Sends what is left and takes the tracer out. */
  stop(): Promise<void>;
}

const DISABLED: Tracing = { stop: () => Promise.resolve() };

/** Loaded only when it is wanted: the exporter costs every process its start-up time and memory. */
async function collectorExporter(endpoint: string): Promise<SpanExporter> {
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  return new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
}

/** Installs the process's tracer, with W3C trace context over the wire and async context inside. Once per process. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { service, otlpEndpoint, exporter, sampledShare = 1 } = options;
  if (!otlpEndpoint && !exporter) return DISABLED;
  const processor = exporter
    ? new SimpleSpanProcessor({ exporter })
    : new BatchSpanProcessor({ exporter: await collectorExporter(otlpEndpoint!) });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampledShare) }),
    spanProcessors: [processor],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(
    new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
  );
  trace.setGlobalTracerProvider(provider);
  return {
    stop: async () => {
      // A collector that is away must not keep the process from ending well.
      await provider.shutdown().catch(() => undefined);
      trace.disable();
      propagation.disable();
      context.disable();
    },
  };
}
