import { setTimeout as sleep } from 'node:timers/promises';
import { CONSUMER_GROUPS } from '@winnow/online-store';
import { CommandError } from '../command-error';
import { type ImportRun, throwIfAborted } from './import-run';

const BATCH = 10_000;
const LINGER_MS = 100;
const POLL_MS = 50;
/** Without progress for this long, something else holds the group's entries. */
const STALL_MS = 60_000;

/**
 * Writes the catalogue's changes to the log, as a member of the group that does so in a running stack: whichever of
 * the two is faster takes an entry, and none is written twice. Resolves once all of them are in the log.
 */
export async function archiveCatalog(
  run: Pick<ImportRun, 'store' | 'eventLog' | 'signal' | 'onProgress'>,
): Promise<void> {
  const { store, eventLog } = run;
  const group = CONSUMER_GROUPS.archive;
  let archived = 0;
  const consumer = store
    .catalogConsumer({ group, batchCountMax: BATCH, lingerMs: LINGER_MS })
    .run(async (changes) => {
      await eventLog.appendCatalogChanges(changes);
      archived += changes.length;
    });
  try {
    let waiting = Infinity;
    let changedAt = performance.now();
    while (waiting > 0) {
      throwIfAborted(run.signal);
      await sleep(POLL_MS);
      const left = await unarchivedCount(store);
      if (left !== waiting) changedAt = performance.now();
      waiting = left;
      run.onProgress({ label: 'catalogue log', done: archived, total: archived + waiting });
      if (performance.now() - changedAt > STALL_MS)
        throw new CommandError(
          `${waiting} catalogue changes are held by another process that does not write them`,
          'stop the stack that runs on this Redis, then import again',
        );
    }
  } finally {
    await consumer.stop();
  }
}

/** Changes that are in the stream and not yet acknowledged by the archive. */
async function unarchivedCount(store: ImportRun['store']): Promise<number> {
  const status = (await store.streamStatus()).find(({ stream }) => stream === 'catalog');
  const group = status?.groups.find(({ name }) => name === CONSUMER_GROUPS.archive);
  if (!status || status.length === 0) return 0;
  return group ? group.pendingCount + (group.lagCount ?? 0) : status.length;
}
