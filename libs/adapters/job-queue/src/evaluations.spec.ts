import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { EvaluationHandler, EvaluationRequest } from '@winnow/tuning';
import { BullEvaluationQueue } from './evaluation-queue';
import { startEvaluationWorker } from './evaluation-worker';

const url = inject('redisUrl');
const stoppers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stoppers.splice(0).reverse()) await stop();
});

function queueIn(namespace: string): BullEvaluationQueue {
  const queue = new BullEvaluationQueue({ url, namespace, study: 'films' });
  stoppers.push(() => queue.close());
  return queue;
}

function workerIn(namespace: string, handle: EvaluationHandler, name = 'worker') {
  const worker = startEvaluationWorker({ url, namespace, study: 'films', handle, name });
  stoppers.push(() => worker.stop(500));
  return worker;
}

const request = (trial: number): EvaluationRequest => ({
  ...{ trial, rung: 0, repeat: 0, share: 1, seed: 1 },
  settings: { 'training.dimension': trial },
});
const quietly = () => ({ onProgress: () => undefined, signal: new AbortController().signal });

describe('evaluations on BullMQ', () => {
  it('go to whichever worker is free, with their settings, and come back with what was measured', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    const took: string[] = [];
    const notes: string[] = [];
    // Each worker waits for the other: one that did both would wait for ever.
    let bothBusy: () => void = () => undefined;
    const meeting = new Promise<void>((resolve) => (bothBusy = resolve));
    for (const name of ['first', 'second'])
      workerIn(namespace, async ({ request: { settings }, progress }) => {
        took.push(name);
        progress(0.5, 'half');
        if (took.length === 2) bothBusy();
        await meeting;
        await new Promise((resolve) => setTimeout(resolve, 500));
        return { objective: 10 * (settings['training.dimension'] as number), metrics: { recall: 1 } };
      });
    const options = { ...quietly(), onProgress: (_fraction: number, note: string) => notes.push(note) };
    const outcomes = await Promise.all([1, 2].map((trial) => queue.evaluate(request(trial), options)));
    expect(outcomes.map(({ objective }) => objective)).toEqual([10, 20]);
    expect(took.toSorted()).toEqual(['first', 'second']);
    expect(notes).toContain('half');
  });

  it('reject with the reason of the worker, once', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    let attempts = 0;
    workerIn(namespace, async () => {
      attempts += 1;
      throw new Error('the loss is not a number');
    });
    await expect(queue.evaluate(request(1), quietly())).rejects.toThrow('the loss is not a number');
    expect(attempts).toBe(1);
  });

  it('fail with their worker when it dies, and only those that it had', async () => {
    const namespace = `test-${randomUUID()}`;
    const queue = queueIn(namespace);
    const dying = workerIn(namespace, () => new Promise(() => undefined), 'dying');
    const lost = queue.evaluate(request(1), quietly());
    const failed = expect(lost).rejects.toThrow('its process died: SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await dying.stop(1);
    queue.bury('dying', 'SIGKILL');
    await failed;
    workerIn(namespace, async () => ({ objective: 1, metrics: {} }), 'living');
    expect(await queue.evaluate(request(2), quietly())).toMatchObject({ objective: 1 });
  });

  it('of a producer that was killed are forgotten by the next', async () => {
    const namespace = `test-${randomUUID()}`;
    const stop = new AbortController();
    const killed = queueIn(namespace).evaluate(request(1), {
      onProgress: () => undefined,
      signal: stop.signal,
    });
    setTimeout(() => stop.abort(new Error('killed')), 300);
    await expect(killed).rejects.toThrow('killed');
    const queue = queueIn(namespace);
    await queue.clear();
    const seen: number[] = [];
    workerIn(namespace, async ({ request: { trial } }) => {
      seen.push(trial);
      return { objective: 0, metrics: {} };
    });
    await queue.evaluate(request(2), quietly());
    expect(seen).toEqual([2]);
  });
});
