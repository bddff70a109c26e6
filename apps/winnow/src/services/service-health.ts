import { Client, credentials } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { LOCAL_HOST, type ServiceSpec } from './service-plan';

const SERVING = 'SERVING';
const PROBE_TIMEOUT_MS = 1_000;

/** Asks `grpc.health.v1.Health/Check` of the whole server; false when nothing answers. */
function grpcServing(address: string, timeoutMs = PROBE_TIMEOUT_MS): Promise<boolean> {
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

interface HttpHealth {
  readonly healthy: boolean;
  /** What a service says of its own readiness; empty when it says nothing. */
  readonly detail: string;
}

/** Asks `/healthz` beside the metrics; unhealthy when nothing answers. */
async function httpHealth(port: number): Promise<HttpHealth> {
  try {
    const reply = await fetch(`http://${LOCAL_HOST}:${port}/healthz`, {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    return { healthy: reply.ok, detail: detailOf(await reply.text()) };
  } catch {
    return { healthy: false, detail: '' };
  }
}

function detailOf(body: string): string {
  try {
    const { detail } = JSON.parse(body) as { readonly detail?: unknown };
    return typeof detail === 'string' ? detail : '';
  } catch {
    return '';
  }
}

/** What a service says of its own readiness at `/healthz`; empty when it says nothing. */
export const readinessDetail = async ({ metricsPort }: ServiceSpec): Promise<string> =>
  (await httpHealth(metricsPort)).detail;

/** Whether a service says that it can do its work. */
export const isServing = async (spec: ServiceSpec): Promise<boolean> =>
  spec.grpcPort === null
    ? (await httpHealth(spec.metricsPort)).healthy
    : await grpcServing(`${LOCAL_HOST}:${spec.grpcPort}`);
