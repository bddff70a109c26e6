import { Redis } from 'ioredis';

/** BullMQ's blocking connections retry for ever; commands of producers fail fast instead of queueing. */
export function queueConnection(url: string, role: 'worker' | 'producer'): Redis {
  const connection = new Redis(url, {
    maxRetriesPerRequest: role === 'worker' ? null : 3,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 5), 3_000),
  });
  // BullMQ reports errors through its own events; without a listener here ioredis would print each one.
  connection.on('error', () => {});
  return connection;
}

/** Keys of every queue live under the namespace. */
export const queuePrefix = (namespace: string): string => `${namespace}:jobs`;
