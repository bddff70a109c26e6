import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry with the process's own metrics in it: CPU, memory, event-loop lag, garbage collection. */
export function createRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not, or what is served. */
  readonly detail?: string;
}

export interface MetricsServerOptions {
  /** `host:port`; port 0 takes any free one. */
  readonly address: string;
  readonly registry: Registry;
  readonly readiness: () => Readiness;
}

export interface MetricsServer {
  /** `host:port` with the port that was bound. */
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** `host:port` taken apart; an IPv6 host loses its brackets. */
export function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

function reply(response: ServerResponse, status: number, body: string, type: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}

async function route(path: string, options: MetricsServerOptions, response: ServerResponse): Promise<void> {
  const { registry, readiness } = options;
  switch (path) {
    case '/metrics':
      return reply(response, 200, await registry.metrics(), registry.contentType);
    case '/healthz': {
      const state = readiness();
      return reply(response, state.ready ? 200 : 503, `${JSON.stringify(state)}\n`, 'application/json');
    }
    case '/livez':
      return reply(response, 200, 'alive\n', 'text/plain');
    default:
      return reply(response, 404, 'try /metrics, /healthz or /livez\n', 'text/plain');
  }
}

/**
 * Serves `/metrics` for Prometheus, `/healthz` (503 until ready) and `/livez` (200 while the event loop turns).
 *
 * @throws Error when the address cannot be bound.
 */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port } = splitAddress(options.address);
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0];
    route(path, options, response).catch(() => reply(response, 500, 'failed\n', 'text/plain'));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Error(`cannot listen on ${options.address}: ${error.message}`)),
    );
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    address: `${options.address.slice(0, options.address.lastIndexOf(':'))}:${bound}`,
    port: bound,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
