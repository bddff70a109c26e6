import { createServer } from 'node:net';
import { usageError } from '../command-error';
import { LOCAL_HOST, type ServiceSpec } from './service-plan';

/** Whether a port of the loopback address can be listened on now. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: LOCAL_HOST, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Throws a usage error that names every taken port and who wants it. */
export async function requireFreePorts(specs: readonly ServiceSpec[]): Promise<void> {
  const wanted = specs.flatMap(({ name, grpcPort, metricsPort }) => [
    ...(grpcPort === null ? [] : [{ port: grpcPort, use: name }]),
    { port: metricsPort, use: `${name} metrics` },
  ]);
  const free = await Promise.all(wanted.map(({ port }) => portIsFree(port)));
  const taken = wanted.filter((_, index) => !free[index]);
  if (taken.length === 0) return;
  throw usageError(
    `taken on ${LOCAL_HOST}: ${taken.map(({ port, use }) => `port ${port} (${use})`).join(', ')}`,
    `stop what listens there (\`ss -ltnp\` shows it), or choose other ports with --port-base ${taken[0].port + 1_000}`,
  );
}
