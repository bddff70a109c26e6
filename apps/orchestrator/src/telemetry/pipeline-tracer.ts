import { SpanStatusCode, trace } from '@opentelemetry/api';
import type { PipelineTracer } from '@winnow/pipeline';

/** The runner's spans as OpenTelemetry spans, active while their work runs, so that calls downstream join the trace. */
export const openTelemetryTracer: PipelineTracer = {
  span: (name, attributes, work) =>
    trace.getTracer('@winnow/orchestrator').startActiveSpan(name, { attributes }, async (span) => {
      try {
        return await work({
          set: (more) => {
            span.setAttributes(more);
            if ('error.kind' in more) span.setStatus({ code: SpanStatusCode.ERROR });
          },
        });
      } finally {
        span.end();
      }
    }),
};
