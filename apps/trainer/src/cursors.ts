import type { ReleaseManifest } from '@winnow/domain';
import { CONSUMER_GROUPS } from '@winnow/online-store';
import type { OnlineStore } from '@winnow/online-store';

const WAIT_MS = 15_000;
const POLL_MS = 200;

/**
 * The newest positions whose entries are all in the event log: what the archiving groups have been given, once nothing
 * of it is pending. A stream without such a group was never archived, so live state starts at its beginning.
 */
export async function archivedCursors(
  store: Pick<OnlineStore, 'streamStatus'>,
  signal: AbortSignal,
): Promise<ReleaseManifest['cursors']> {
  const giveUpAtMs = performance.now() + WAIT_MS;
  for (;;) {
    signal.throwIfAborted();
    const status = await store.streamStatus();
    const groupOf = (stream: 'events' | 'catalog') =>
      status
        .find((one) => one.stream === stream)
        ?.groups.find(({ name }) => name === CONSUMER_GROUPS.archive);
    const [events, catalog] = [groupOf('events'), groupOf('catalog')];
    if ((events?.pendingCount ?? 0) + (catalog?.pendingCount ?? 0) === 0)
      return { events: events?.lastDeliveredId ?? '0', catalog: catalog?.lastDeliveredId ?? '0' };
    if (performance.now() > giveUpAtMs)
      throw new Error(
        `the archive of the event stream has not caught up within ${WAIT_MS / 1000} s: is event-collector running?`,
      );
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
