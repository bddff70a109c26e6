import { Gauge, Histogram, type Registry } from 'prom-client';

/** Fine around the stage budgets, coarse beyond the deadline. */
const BUCKETS_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 5,
];

export interface RpcMetrics {
  /** `winnow_rpc_duration_seconds{method, code}`; its `_count` counts the calls. */
  readonly duration: Histogram<'method' | 'code'>;
  /** `winnow_rpc_in_flight`. */
  readonly inFlight: Gauge;
}

/** Registers the server's metrics, once per registry. */
export function rpcMetrics(registry: Registry): RpcMetrics {
  const duration = registry.getSingleMetric('winnow_rpc_duration_seconds');
  if (duration)
    return {
      duration: duration as RpcMetrics['duration'],
      inFlight: registry.getSingleMetric('winnow_rpc_in_flight') as Gauge,
    };
  return {
    duration: new Histogram({
      name: 'winnow_rpc_duration_seconds',
      help: 'Time from request to answer of RPCs served, by method and status code.',
      labelNames: ['method', 'code'],
      buckets: BUCKETS_SECONDS,
      registers: [registry],
    }),
    inFlight: new Gauge({
      name: 'winnow_rpc_in_flight',
      help: 'RPCs being answered now.',
      registers: [registry],
    }),
  };
}
