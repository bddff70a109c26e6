import { createServer } from 'node:net';
import type { Random } from '@winnow/domain';

// Below the ports that the system hands out for port 0, so that a process which is down for a moment finds its own again.
const PORT_FIRST = 20_000;
const PORT_COUNT = 10_000;
const ATTEMPTS = 100;

const portIsFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** A local port that nobody listens on. */
export async function freePort(random: Random = Math.random): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = PORT_FIRST + Math.floor(random() * PORT_COUNT);
    if (await portIsFree(port)) return port;
  }
  throw new Error('no free port');
}
