import { Client, credentials } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { LOCAL_HOST, type ServiceSpec } from './service-plan';

const SERVING = 'SERVING';
const PROBE_TIMEOUT_MS = 1_000;

/** Asks `grpc.health.v1.Health/Check` of the whole server; false when nothing answers. */
export function grpcServing(address: string, timeoutMs = PROBE_TIMEOUT_MS): Promise<boolean> {
  const { path, requestSerialize, responseDeserialize } = healthService['Check'];
  const client = new Client(address, credentials.createInsecure());
  return new Promise((resolve) => {
    const finish = (serving: boolean): void => {
      client.close();
      resolve(serving);
    };
    client.makeUnaryRequest<object, { status?: unknown }>(
      path,
      requestSerialize,
      (bytes) => responseDeserialize(bytes) as { status?: unknown },
      { service: '' },
      { deadline: Date.now() + timeoutMs },
      (error, reply) => finish(!error && reply?.status === SERVING),
    );
  });
}

/** Asks `/healthz` beside the metrics. */
export async function httpHealthy(port: number, timeoutMs = PROBE_TIMEOUT_MS): Promise<boolean> {
  try {
    const reply = await fetch(`http://${LOCAL_HOST}:${port}/healthz`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    await reply.arrayBuffer();
    return reply.ok;
  } catch {
    return false;
  }
}

/** What a service says of its own readiness at `/healthz`; empty when it says nothing. */
export async function readinessDetail({ metricsPort }: ServiceSpec): Promise<string> {
  try {
    const reply = await fetch(`http://${LOCAL_HOST}:${metricsPort}/healthz`, {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    const { detail } = (await reply.json()) as { readonly detail?: unknown };
    return typeof detail === 'string' ? detail : '';
  } catch {
    return '';
  }
}

/** Whether a service says that it can do its work. */
export const isServing = (spec: ServiceSpec): Promise<boolean> =>
  spec.grpcPort === null ? httpHealthy(spec.metricsPort) : grpcServing(`${LOCAL_HOST}:${spec.grpcPort}`);
