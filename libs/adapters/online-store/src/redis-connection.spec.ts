import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RedisConnection, type StoreTrouble } from './redis-connection';

const SILENCE_MAX_MS = 150;
const SOON = { timeout: 5_000, interval: 5 };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Something that speaks just enough of Redis' protocol; the first PING gets no answer but the end of its socket. */
async function redisThatBreaksOnce(): Promise<{ url: string; connectionCount: () => number }> {
  const sockets = new Set<Socket>();
  let [count, broken] = [0, false];
  const server = createServer((socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const sent = data.toString().toLowerCase();
      if (sent.includes('ping') && !broken) {
        broken = true;
        socket.destroy();
        return;
      }
      for (const command of sent.match(/^\*\d+/gm) ?? []) void (command && socket.write('+OK\r\n'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connectionCount: () => count,
  };
}

describe('a connection to Redis', () => {
  it('that broke before it was answered does not take the next one down with it', async () => {
    const { url, connectionCount } = await redisThatBreaksOnce();
    const troubles: StoreTrouble[] = [];
    const connection = new RedisConnection({
      ...{ url, name: 'spec', commandTimeoutMs: 1_000, silenceMaxMs: SILENCE_MAX_MS },
      onTrouble: (trouble) => troubles.push(trouble),
    });
    cleanups.push(() => connection.close());
    await vi.waitFor(() => expect(connection.isReady).toBe(true), SOON);
    await expect(connection.run((client) => client.ping())).rejects.toThrow();
    await vi.waitFor(() => expect(connection.isReady).toBe(true), SOON);
    const connected = connectionCount();
    await connection.run((client) => client.ping());
    await new Promise((resolve) => setTimeout(resolve, 3 * SILENCE_MAX_MS));
    expect(connection.isReady).toBe(true);
    expect(connectionCount()).toBe(connected);
    expect(troubles.map(({ message }) => message).join()).not.toContain('Socket timeout');
  });
});
