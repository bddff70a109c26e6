import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startJobBoard, type JobBoard } from './job-board';
import { BullRetrainingQueue } from './retraining-queue';

const PASSWORD = 'correct horse battery';
let board: JobBoard;
let queue: BullRetrainingQueue;

beforeAll(async () => {
  const shared = { url: inject('redisUrl'), namespace: `board-${process.pid}` };
  queue = new BullRetrainingQueue(shared);
  await queue.enqueue({ runId: 'run-1', requestedBy: 'person', requestedAtMs: 0 });
  board = await startJobBoard({ ...shared, host: '127.0.0.1', port: 0, password: PASSWORD });
});
afterAll(async () => {
  await board.stop();
  await queue.close();
});

const ask = (path: string, userAndPassword?: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${board.port}${path}`, {
    headers: userAndPassword
      ? { authorization: `Basic ${Buffer.from(userAndPassword).toString('base64')}` }
      : {},
  });

it('shows nothing to who has not signed in', async () => {
  for (const path of ['/', '/api/queues', '/static/css/main.css'])
    for (const wrong of [undefined, `winnow:${PASSWORD}x`, `admin:${PASSWORD}`, 'winnow']) {
      const response = await ask(path, wrong);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Basic /);
      expect(await response.text()).toBe('sign in\n');
    }
});

it('shows the steps of a run to who has', async () => {
  const page = await ask('/', `winnow:${PASSWORD}`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('Winnow: board-');
  const queues = (await (await ask('/api/queues', `winnow:${PASSWORD}`)).json()) as {
    readonly queues: readonly { readonly name: string; readonly counts: Readonly<Record<string, number>> }[];
  };
  const steps = queues.queues.find(({ name }) => name === 'retraining-steps');
  expect(steps?.counts).toMatchObject({ waiting: 1, 'waiting-children': 7 });
});

it('says which address it could not take', async () => {
  const again = startJobBoard({
    ...{ url: inject('redisUrl'), namespace: 'board-other', password: PASSWORD },
    ...{ host: '127.0.0.1', port: board.port },
  });
  await expect(again).rejects.toThrow(`the job board cannot listen on 127.0.0.1:${board.port}: `);
});
