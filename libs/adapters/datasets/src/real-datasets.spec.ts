import { describe, expect, it } from 'vitest';
import { dataFolders, findDataset, openDataset } from './find-dataset';
import type { DatasetRecord, DatasetSummary } from './records';

/** Facts of the published files; specs of sets that this machine does not have are reported as skipped. */
const FACTS = [
  { name: 'movielens-100k', items: 1_682, users: 943, events: 100_000, refused: 0 },
  { name: 'movielens-1m', items: 3_883, users: 6_040, events: 1_000_209, refused: 0 },
  { name: 'movietweetings', items: 10_506, users: 0, events: 100_000, refused: 0 },
  { name: 'online-retail', items: 3_659, users: 4_334, events: 396_337, refused: 145_572 },
] as const;

async function summaryOf(name: string, see: (record: DatasetRecord) => void): Promise<DatasetSummary> {
  const dataset = await openDataset(name, { dataDirs: dataFolders() });
  for await (const batch of dataset.batches()) for (const record of batch) see(record);
  return dataset.summary();
}

describe.each(FACTS)('the real $name', ({ name, items, users, events, refused }) => {
  it.skipIf(!findDataset(name).ok)('is read whole', { timeout: 120_000 }, async () => {
    let nonFinite = 0;
    const seenItems = new Set<string>();
    let unknownItems = 0;
    const summary = await summaryOf(name, (record) => {
      if (record.kind === 'item') seenItems.add(record.itemId);
      if (record.kind !== 'event') return;
      if (!Number.isFinite(record.value) || !Number.isFinite(record.timeMs)) nonFinite += 1;
      if (!seenItems.has(record.itemId)) unknownItems += 1;
    });
    expect(summary).toMatchObject({
      itemCount: items,
      userCount: users,
      eventCount: events,
      refusedCount: refused,
      repairedCount: 0,
    });
    expect(nonFinite).toBe(0);
    expect(unknownItems).toBe(0);
  });
});
