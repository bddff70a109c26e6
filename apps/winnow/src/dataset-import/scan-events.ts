import { type ImportOptions, throwIfAborted } from './import-run';

/** What a look through the events tells before anything is written. */
export interface EventExtent {
  readonly count: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** Time of the first event of every item that has one. */
  readonly firstMsByItem: ReadonlyMap<string, number>;
}

/** Reads the events once: O(items) memory. Refused rows are not reported here; the second pass does. */
export async function scanEvents({ source, onProgress, signal }: ImportOptions): Promise<EventExtent> {
  const firstMsByItem = new Map<string, number>();
  let count = 0;
  let firstMs = Infinity;
  let lastMs = -Infinity;
  for await (const events of source.events(() => undefined)) {
    throwIfAborted(signal);
    count += events.length;
    for (const { itemId, timeMs } of events) {
      firstMs = Math.min(firstMs, timeMs);
      lastMs = Math.max(lastMs, timeMs);
      const first = firstMsByItem.get(itemId);
      if (first === undefined || timeMs < first) firstMsByItem.set(itemId, timeMs);
    }
    onProgress({ label: 'looking', done: count, total: source.eventCountHint });
  }
  return { count, firstMs: count > 0 ? firstMs : null, lastMs: count > 0 ? lastMs : null, firstMsByItem };
}
