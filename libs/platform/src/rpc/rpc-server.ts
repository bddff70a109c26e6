import { setTimeout as sleep } from 'node:timers/promises';
import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { CallRunner } from './call-runner';
import { grpcMethods } from './grpc-methods';
import { addReflection, isReflectedByDefault } from './reflection';
import type { BoundService } from './rpc-handlers';
import { rpcMetrics } from './rpc-metrics';

export interface RpcServerOptions {
  /** `host:port`; port 0 takes any free one. */
  readonly address: string;
  readonly services: readonly BoundService[];
  readonly logger: Logger;
  readonly registry: Registry;
  /** Serves the contracts to whoever asks. Default: `WINNOW_REFLECTION`, else only when NODE_ENV is not production. */
  readonly reflection?: boolean;
  /** Larger requests are refused with RESOURCE_EXHAUSTED. Default 4 MiB. */
  readonly receiveBytesMax?: number;
  /** Calls beyond this are refused at once with RESOURCE_EXHAUSTED. Default 256. */
  readonly concurrentMax?: number;
  /** For callers that set no deadline. Default 10,000. */
  readonly defaultDeadlineMs?: number;
  /** Clients reconnect after this long, and so find new replicas. Default five minutes. */
  readonly connectionAgeMaxMs?: number;
}

export interface RpcServer {
  /** `host:port` with the port that was bound. */
  readonly address: string;
  readonly port: number;
  /** Calls being answered now. */
  readonly inFlight: number;
  /** Health of one service, or of all of them and the server itself. Servers start as NOT_SERVING. */
  setReady(ready: boolean, service?: string): void;
  /**
   * NOT_SERVING, no new calls, those in flight finish within `graceMs`, then the rest is cut off.
   * Resolves to how many were cut off.
   */
  drain(graceMs: number): Promise<number>;
}

const MEBIBYTE = 1024 * 1024;
/** Lets the last answers leave the sockets before these are destroyed. */
const FLUSH_MS = 50;

const grpcOptions = ({ receiveBytesMax, connectionAgeMaxMs }: RpcServerOptions): ServerOptions => ({
  'grpc.max_receive_message_length': receiveBytesMax ?? 4 * MEBIBYTE,
  'grpc.max_send_message_length': 16 * MEBIBYTE,
  'grpc.max_connection_age_ms': connectionAgeMaxMs ?? 5 * 60_000,
  'grpc.max_connection_age_grace_ms': 30_000,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
});

const bind = (server: Server, address: string): Promise<number> =>
  new Promise((resolve, reject) =>
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(new Error(`cannot listen on ${address}: ${error.message}`)) : resolve(port),
    ),
  );

/**
 * Starts a gRPC server: the services, `grpc.health.v1`, and reflection.
 *
 * @throws Error when the address cannot be bound.
 */
export async function createRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const { address, services, logger, registry } = options;
  const server = new Server(grpcOptions(options));
  const runner = new CallRunner({
    logger,
    metrics: rpcMetrics(registry),
    concurrentMax: options.concurrentMax ?? 256,
    defaultDeadlineMs: options.defaultDeadlineMs ?? 10_000,
  });
  for (const service of services) {
    const definition = Object.fromEntries(
      service.methods.map((method) => [method.name, { ...method.definition, originalName: method.name }]),
    );
    server.addService(definition, grpcMethods(service, runner));
  }
  const health = new HealthImplementation();
  health.addToServer(server);
  const names = services.map((service) => service.name);
  if (options.reflection ?? isReflectedByDefault(process.env)) addReflection(server, names);
  const port = await bind(server, address);

  const setReady = (ready: boolean, service?: string): void => {
    for (const name of service === undefined ? ['', ...names] : [service])
      health.setStatus(name, ready ? 'SERVING' : 'NOT_SERVING');
  };
  setReady(false);
  return {
    address: `${address.slice(0, address.lastIndexOf(':'))}:${port}`,
    port,
    get inFlight() {
      return runner.inFlight;
    },
    setReady,
    drain: (graceMs) => {
      setReady(false);
      return shutDown(server, runner, graceMs);
    },
  };
}

async function shutDown(server: Server, runner: CallRunner, graceMs: number): Promise<number> {
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  // Health watches stay open for ever, so the server may never close by itself; our own calls are what counts.
  const idle = runner.drain().then(() => sleep(FLUSH_MS));
  const abandoned = new AbortController();
  const grace = sleep(graceMs, undefined, { signal: abandoned.signal }).catch(() => undefined);
  await Promise.race([closed, idle, grace]);
  abandoned.abort();
  const cutOffCount = runner.inFlight;
  server.forceShutdown();
  return cutOffCount;
}
