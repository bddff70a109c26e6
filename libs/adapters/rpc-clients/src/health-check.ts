import { Client, credentials } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { unaryCall } from './unary-call';

interface HealthReply {
  readonly status?: unknown;
}

/** Asks `grpc.health.v1.Health/Check`; `service` empty means the whole server. False when nothing answers in time. */
export async function isServing(
  address: string,
  { service = '', timeoutMs = 1000 }: { readonly service?: string; readonly timeoutMs?: number } = {},
): Promise<boolean> {
  const { path, requestSerialize, responseDeserialize } = healthService['Check'];
  const client = new Client(address, credentials.createInsecure());
  try {
    const reply = await unaryCall<object, HealthReply>({
      path: 'grpc.health.v1.Health/Check',
      method: (request, metadata, options, callback) =>
        client.makeUnaryRequest<object, HealthReply>(
          path,
          requestSerialize,
          (bytes) => responseDeserialize(bytes) as HealthReply,
          request,
          metadata,
          options,
          (error, response) => callback(error, response ?? {}),
        ),
      request: { service },
      deadlineEpochMs: Date.now() + timeoutMs,
    });
    return reply.status === 'SERVING';
  } catch {
    return false;
  } finally {
    client.close();
  }
}
