import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@winnow/domain';
import { createOnlineStore, type DeadLetter, type OnlineStore } from '@winnow/online-store';
import { loadDescription } from '@winnow/platform';
import { trackedEvent } from '@winnow/testing';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { exitCodeOf, reportFailure } from '../failure';
import { createProgram } from '../program';

const SOON = { timeout: 10_000, interval: 20 };

let folder: string;
let store: OnlineStore;
const out: string[] = [];
const notes: string[] = [];

beforeEach(async () => {
  // Commands look for their Redis there before they start one of their own.
  vi.stubEnv('REDIS_URL', inject('redisUrl'));
  folder = mkdtempSync(join(tmpdir(), 'winnow-dead-letters-'));
  const config = join(folder, 'winnow.yaml');
  writeFileSync(
    config,
    [
      `namespace: spec-${randomUUID()}`,
      'items: { attributes: { topic: category } }',
      'events: { view: { sentiment: neutral }, click: { sentiment: positive } }',
      'objectives: { click: { event: click, weight: 1 } }',
    ].join('\n'),
  );
  const description = await loadDescription(config);
  store = createOnlineStore({ url: inject('redisUrl'), description, readTimeoutMs: 2_000 });
});
afterEach(async () => {
  await store.close();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command line as a shell would; returns its exit code. */
async function winnow(...args: readonly string[]): Promise<number> {
  out.length = 0;
  notes.length = 0;
  const context = {
    environment: { WINNOW_HOME: join(folder, 'home'), REDIS_URL: inject('redisUrl') },
    workingFolder: folder,
    terminal: {
      interactive: false,
      print: (text: string) => void out.push(text),
      note: (text: string) => void notes.push(text),
      redraw: () => undefined,
    },
    clock: systemClock,
    signal: new AbortController().signal,
  };
  try {
    await createProgram(context).parseAsync(['node', 'winnow', ...args]);
    return 0;
  } catch (thrown) {
    reportFailure(thrown, context);
    return exitCodeOf(thrown);
  }
}

describe('winnow dead-letters', () => {
  it('lists what a group gave up on, has it handled again, and forgets what cannot be', async () => {
    let digests = false;
    const handled: string[] = [];
    store.eventConsumer({ group: 'archive', deliveriesMax: 1, retryFirstMs: 1 }).run(async (events) => {
      if (!digests) throw new Error('the disk is upside down');
      handled.push(...events.map(({ eventId }) => eventId));
    });
    await store.events.append(['one', 'two', 'three'].map((id) => trackedEvent({ id })));
    await vi.waitFor(async () => expect(await store.deadLetters.count()).toBe(3), SOON);

    expect(await winnow('dead-letters')).toBe(0);
    expect(out.join('\n')).toMatch(/archive +1 +the disk is upside down/);
    expect(await winnow('dead-letters', 'list', '--json')).toBe(0);
    const letters = JSON.parse(out.join('\n')) as DeadLetter[];
    const idOf = (event: string): string => letters.find(({ fields }) => fields['e'].includes(event))!.id;

    expect(await winnow('dead-letters', 'drop', idOf('two'))).toBe(0);
    expect(out).toEqual(['dropped 1 of 1']);
    digests = true;
    expect(await winnow('dead-letters', 'replay', idOf('one'))).toBe(0);
    await vi.waitFor(() => expect(handled).toEqual(['one']), SOON);
    expect(await winnow('dead-letters', 'replay', '--all')).toBe(0);
    expect(out).toEqual(['replayed 1 of 1']);
    await vi.waitFor(() => expect(handled).toEqual(['one', 'three']), SOON);
    expect(await winnow('dead-letters')).toBe(0);
    expect(notes).toContain('there are no dead letters');
  });

  it('does nothing without being told which, and says when there is no such letter', async () => {
    expect(await winnow('dead-letters', 'drop')).toBe(2);
    expect(notes.join('\n')).toContain('say which letters');
    expect(await winnow('dead-letters', 'replay', '1-1')).toBe(2);
    expect(notes.join('\n')).toContain('there is no dead letter 1-1');
    expect(await winnow('dead-letters', 'replay', 'nonsense')).toBe(2);
  });
});
