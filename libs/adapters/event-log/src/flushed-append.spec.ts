import { existsSync, readlinkSync } from 'node:fs';
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { loggedEvent } from '@winnow/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventLog } from './duckdb-event-log';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-flushed-append-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

/** Notes what is flushed to the disk, by the names that it has at that moment. */
async function noteFlushes(root: string): Promise<string[]> {
  const handle = await open(folder, 'r');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const flushed: string[] = [];
  const sync = prototype.sync;
  vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
    flushed.push(relative(root, readlinkSync(`/proc/self/fd/${this.fd}`)));
    await sync.call(this);
  });
  return flushed;
}

describe.skipIf(!existsSync('/proc/self/fd'))('an append to the event log', () => {
  it('resolves, and so is acknowledged and may be trimmed from its stream, once file and folders are flushed', async () => {
    const root = join(folder, 'log');
    const log = createEventLog({ folder: root });
    const flushed = await noteFlushes(root);
    await log.appendEvents([loggedEvent('one', { timeMs: Date.UTC(2026, 0, 1) })]);
    const day = 'events/day=2026-01-01';
    expect(flushed).toHaveLength(4);
    expect(flushed[0]).toMatch(/^tmp-.*\.parquet$/);
    expect(flushed.slice(1)).toEqual([day, 'events', '']);

    flushed.length = 0;
    await log.appendEvents([loggedEvent('two', { timeMs: Date.UTC(2026, 0, 1) })]);
    expect(flushed.map((path) => path.replace(/^tmp-.*/, 'staged'))).toEqual(['staged', day]);
    await log.close();
  });

  it('rejects when the disk does not take the flush', async () => {
    const log = createEventLog({ folder: join(folder, 'log') });
    await noteFlushes(folder);
    const handle = await open(folder, 'r');
    vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'sync').mockRejectedValue(
      Object.assign(new Error('ENOSPC: no space left on device'), { errno: -28, code: 'ENOSPC' }),
    );
    await handle.close();
    await expect(log.appendEvents([loggedEvent('one')])).rejects.toThrow(/ENOSPC/);
    vi.restoreAllMocks();
    await log.appendEvents([loggedEvent('one')]);
    expect((await log.readEvents({ eventTypes: ['click'] })).count).toBe(1);
    await log.close();
  });
});
