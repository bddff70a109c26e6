import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, inject, it, vi } from 'vitest';
import { PoisonError, RETRAINING_STEPS } from '@winnow/domain';
import type { RetrainingWorker, StepAttempt, StepProgress } from '@winnow/domain';
import { BullRetrainingQueue } from './retraining-queue';
import { startRetrainingWorker } from './retraining-worker';

const url = inject('redisUrl');
const stoppers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stoppers.splice(0).reverse()) await stop();
});

function queueIn(namespace: string): BullRetrainingQueue {
  const queue = new BullRetrainingQueue({ url, namespace, retry: { attemptsMax: 2, backoffMs: 10 } });
  stoppers.push(() => queue.close());
  return queue;
}

function workerIn(
  namespace: string,
  handleStep: (attempt: StepAttempt) => Promise<string>,
): RetrainingWorker {
  const worker = startRetrainingWorker({
    url,
    namespace,
    handleStep,
    handleStart: async () => 'none',
    lockDurationMs: 1_000,
  });
  stoppers.push(() => worker.stop(500));
  return worker;
}

const request = (runId: string) => ({ runId, requestedBy: 'person' as const, requestedAtMs: 0 });

describe('retraining on BullMQ', () => {
  it('runs the steps in order and reports progress and the last summary', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    const ran: string[] = [];
    workerIn(namespace, async ({ step, progress }) => {
      ran.push(step);
      progress(0.5, 'half');
      return `${step} done`;
    });
    const seen: StepProgress[] = [];
    await queue.enqueue(request('run-a'));
    const outcome = await queue.watch('run-a', (progress) => seen.push(progress));
    expect(ran).toEqual([...RETRAINING_STEPS]);
    expect(outcome).toEqual({ runId: 'run-a', state: 'published', summary: 'publish done' });
    expect(seen).toContainEqual({ step: 'heavy', fraction: 0.5, note: 'half' });
  });

  it('retries a failed step and then fails the run, naming the step', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    const attempts: number[] = [];
    workerIn(namespace, async ({ step, attempt }) => {
      if (step !== 'index') return step;
      attempts.push(attempt);
      throw new Error('disk full');
    });
    await queue.enqueue(request('run-b'));
    const outcome = await queue.watch('run-b', () => {});
    expect(attempts).toEqual([1, 2]);
    expect(outcome).toEqual({ runId: 'run-b', state: 'failed', summary: 'index: disk full' });
  });

  it('does not retry poison', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    let attempts = 0;
    workerIn(namespace, async ({ step }) => {
      if (step === 'dataset') {
        attempts += 1;
        throw new PoisonError('no events');
      }
      return step;
    });
    await queue.enqueue(request('run-c'));
    expect((await queue.watch('run-c', () => {})).summary).toBe('dataset: no events');
    expect(attempts).toBe(1);
  });

  it('adds nothing for a run that is already there, and joins one that is under way', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    await queue.enqueue(request('run-d'));
    expect(await queue.enqueue(request('run-d'))).toBe('run-d');
    expect(await queue.enqueue(request('run-e'))).toBe('run-d');
    const ran: string[] = [];
    workerIn(namespace, async ({ step, request: { runId } }) => {
      ran.push(`${runId} ${step}`);
      return step;
    });
    await queue.watch('run-d', () => {});
    expect(ran).toHaveLength(RETRAINING_STEPS.length);
  });

  it('gives the step of a worker that stopped half-way to another', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    const dead = workerIn(namespace, () => new Promise<string>(() => {}));
    await queue.enqueue(request('run-f'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await dead.stop(50);
    const attempts: number[] = [];
    workerIn(namespace, async ({ step, attempt }) => {
      if (step === 'dataset') attempts.push(attempt);
      return step;
    });
    expect((await queue.watch('run-f', () => {})).state).toBe('published');
    expect(attempts).toHaveLength(1);
    expect(attempts[0]).toBeGreaterThan(1);
  });

  it('begins one run when several trainers ask at once with different data', async () => {
    const namespace = `test-${randomUUID()}`;
    const queues = Array.from({ length: 4 }, () => queueIn(namespace));
    const runIds = await Promise.all(queues.map((queue, index) => queue.enqueue(request(`run-${index}`))));
    expect(new Set(runIds).size).toBe(1);
  });

  it('says that a run has published only once the queue knows', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    const states: Promise<string>[] = [];
    const worker = startRetrainingWorker({
      ...{ url, namespace, lockDurationMs: 1_000 },
      handleStep: async ({ step }) => step,
      handleStart: async () => 'none',
      onPublished: (runId) =>
        states.push(queue.watch(runId, () => {}, AbortSignal.abort()).then(({ state }) => state)),
    });
    stoppers.push(() => worker.stop(500));
    await queue.enqueue(request('run-h'));
    await queue.watch('run-h', () => {});
    await vi.waitFor(() => expect(states).toHaveLength(1));
    expect(await Promise.all(states)).toEqual(['published']);
  });

  it('gives up on a step that takes its worker down every time, and begins other runs', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    let deadly = true;
    let lives = 0;
    const begin = (): void => {
      lives += 1;
      const worker = workerIn(namespace, async ({ step }) => {
        if (!deadly || step !== 'heavy') return step;
        // Its process is gone: it answers no more, and renews no lock.
        void worker.stop(0);
        begin();
        return new Promise<string>(() => {});
      });
    };
    begin();
    await queue.enqueue(request('run-i'));
    const outcome = await queue.watch('run-i', () => {});
    expect(outcome).toMatchObject({ state: 'failed', summary: expect.stringMatching(/^heavy: .*stalled/) });
    expect(lives).toBeGreaterThan(3);
    deadly = false;
    await queue.enqueue(request('run-j'));
    expect((await queue.watch('run-j', () => {})).state).toBe('published');
  });

  it('begins a run on request, and says so when no trainer listens', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    await expect(queue.requestRun(200)).rejects.toThrow(/timed out/);
    const worker = startRetrainingWorker({
      url,
      namespace,
      handleStep: async ({ step }) => step,
      handleStart: () => queue.enqueue(request('run-g')),
      lockDurationMs: 1_000,
    });
    stoppers.push(() => worker.stop(500));
    expect(await queue.requestRun(5_000)).toBe('run-g');
    expect((await queue.watch('run-g', () => {})).state).toBe('published');
  });

  it('registers one schedule however many processes boot together', async () => {
    const namespace = `test-${randomUUID()}`;
    const queues = Array.from({ length: 4 }, () => queueIn(namespace));
    await Promise.all(queues.map((queue) => queue.schedule('15 3 * * *')));
    expect((await queues[0].scheduled())?.cron).toBe('15 3 * * *');
    // Finding it done must not keep the next one from changing it.
    await queues[3].schedule('15 3 * * *');
    await queues[1].schedule('30 4 * * *');
    expect((await queues[2].scheduled())?.cron).toBe('30 4 * * *');
  });
});
