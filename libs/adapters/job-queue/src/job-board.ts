import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Queue } from 'bullmq';
import { queueConnection, queuePrefix } from './connection';
import { START_QUEUE, STEP_QUEUE } from './flow';

/** Whoever signs in is this one. */
export const JOB_BOARD_USER = 'winnow';

export interface JobBoardOptions {
  readonly url: string;
  readonly namespace: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Of {@link JOB_BOARD_USER}; every request must bring it (HTTP basic authentication). */
  readonly password: string;
}

export interface JobBoard {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Serves bull-board over the queues of retraining: what runs, what waits, what failed and why; steps can be tried again.
 *
 * @throws Error when the address cannot be bound.
 */
export async function startJobBoard(options: JobBoardOptions): Promise<JobBoard> {
  const { url, namespace, host, port, password } = options;
  const connection = queueConnection(url, 'producer');
  const queues = [START_QUEUE, STEP_QUEUE].map((name) => {
    const queue = new Queue(name, { connection, prefix: queuePrefix(namespace) });
    queue.on('error', () => {});
    return queue;
  });
  const showPages = await bullBoard(queues, `Winnow: ${namespace}`);
  const server = createServer((request, response) => {
    if (isSignedIn(request, password)) return showPages(request, response);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="Winnow jobs", charset="UTF-8"' });
    response.end('sign in\n');
  });
  const close = async (): Promise<void> => {
    await Promise.all(queues.map((queue) => queue.close().catch(() => undefined)));
    connection.disconnect();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (thrown) {
    await close();
    throw new Error(`the job board cannot listen on ${host}:${port}: ${(thrown as Error).message}`, {
      cause: thrown,
    });
  }
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await close();
    },
  };
}

/** Loaded when it is wanted: all other processes that know the queues start faster without it. */
async function bullBoard(
  queues: readonly Queue[],
  boardTitle: string,
): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const [{ createBullBoard }, { BullMQAdapter }, { ExpressAdapter }] = await Promise.all([
    import('@bull-board/api'),
    import('@bull-board/api/bullMQAdapter'),
    import('@bull-board/express'),
  ]);
  const pages = new ExpressAdapter();
  createBullBoard({
    queues: queues.map((queue) => new BullMQAdapter(queue)),
    serverAdapter: pages,
    options: { uiConfig: { boardTitle } },
  });
  return pages.getRouter() as (request: IncomingMessage, response: ServerResponse) => void;
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Digests have one length, so the comparison tells nothing by its time. */
function isSignedIn({ headers }: IncomingMessage, password: string): boolean {
  const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() !== 'basic') return false;
  const given = Buffer.from(credentials, 'base64').toString('utf8');
  return timingSafeEqual(digest(given), digest(`${JOB_BOARD_USER}:${password}`));
}
