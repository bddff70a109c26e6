import type { ItemId } from '@winnow/domain';
import { type ImportOptions, type SourceExtent, throwIfAborted } from './import-run';

/** Reads the source once, without writing: O(items) memory. */
export async function scanSource({ source, onProgress, signal }: ImportOptions): Promise<SourceExtent> {
  const firstMsByItem = new Map<ItemId, number>();
  let recordCount = 0;
  let eventCount = 0;
  let firstMs = Infinity;
  let lastMs = -Infinity;
  for await (const records of source.batches()) {
    throwIfAborted(signal);
    recordCount += records.length;
    for (const record of records) {
      if (record.kind !== 'event') continue;
      const { itemId, timeMs } = record;
      eventCount += 1;
      firstMs = Math.min(firstMs, timeMs);
      lastMs = Math.max(lastMs, timeMs);
      const first = firstMsByItem.get(itemId);
      if (first === undefined || timeMs < first) firstMsByItem.set(itemId, timeMs);
    }
    onProgress({ label: 'reading', done: recordCount });
  }
  const some = eventCount > 0;
  return {
    recordCount,
    eventCount,
    firstMs: some ? firstMs : null,
    lastMs: some ? lastMs : null,
    firstMsByItem,
  };
}
