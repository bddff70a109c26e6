import { trace } from '@opentelemetry/api';
import { type DestinationStream, type Level, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger } from 'pino';

export interface LoggerOptions {
  /** Goes with every line as `service`. */
  readonly service: string;
  readonly level: Level | 'silent';
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/** One JSON object a line; inside a trace it names the trace and the span. */
export const createLogger = ({ service, level, destination }: LoggerOptions): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => {
        const span = trace.getActiveSpan()?.spanContext();
        return span ? { traceId: span.traceId, spanId: span.spanId } : {};
      },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );
