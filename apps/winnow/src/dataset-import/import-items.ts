import type { AttributeDefinition, ItemId } from '@winnow/domain';
import { checkAttributes } from './attribute-check';
import { badRecord, type ImportRun, type ItemUpsert, refuse } from './import-run';
import { idViolation } from './id-violation';
import type { SourceItem } from './import-source';
import { shiftTimestamps } from './time-shift';

const BATCH = 1_000;

/** Collects items and puts them in batches; the last one of an id within a batch wins. */
export class ItemImport {
  /** Items that events speak of and nothing lists. */
  bareItemCount = 0;
  private readonly definitions: ReadonlyMap<string, AttributeDefinition>;
  private waiting = new Map<ItemId, ItemUpsert>();

  constructor(private readonly run: ImportRun) {
    this.definitions = new Map(
      run.description.items.attributes.map((definition) => [definition.name, definition]),
    );
  }

  async add(record: SourceItem): Promise<void> {
    const { run } = this;
    const violation = idViolation(record.itemId);
    if (violation) return refuse(run, 'items', badRecord(run, `item id ${violation}`, record));
    const checked = checkAttributes(record.attributes, this.definitions);
    if (!checked.ok) return refuse(run, 'items', badRecord(run, checked.reason, record));
    for (const name of checked.dropped) run.droppedAttributes.add(name);
    run.tally.items.kept += 1;
    if (record.repairs) run.tally.items.repaired += 1;
    this.waiting.set(record.itemId, {
      itemId: record.itemId,
      attributes: shiftTimestamps(checked.attributes, run.description.items.attributes, run.shiftMs),
      available: true,
      firstSeenAtMs: this.firstSeenAtMs(record.itemId, record.firstSeenAtMs),
    });
    if (this.waiting.size >= BATCH) await this.flush();
  }

  /** Puts what waits; afterwards every item that was added has its ordinal. */
  async flush(): Promise<void> {
    const items = [...this.waiting.values()];
    this.waiting = new Map();
    if (items.length === 0) return;
    const { ordinals } = await this.run.store.catalog.upsertItems(items);
    items.forEach((item, index) => this.run.ordinals.set(item.itemId, ordinals[index]));
    this.run.onProgress({ label: 'items', done: this.run.tally.items.kept });
  }

  /** Sees to it that these have ordinals: what the catalogue knows stays as it is, the rest comes in bare. */
  async requireKnown(itemIds: Iterable<ItemId>): Promise<void> {
    const unlisted = [...new Set(itemIds)].filter(
      (id) => !this.run.ordinals.has(id) && !this.waiting.has(id) && idViolation(id) === null,
    );
    if (unlisted.length > 0) {
      const known = await this.run.store.catalog.resolve(unlisted);
      unlisted.forEach((id, index) => {
        const found = known[index];
        if (found !== null) return this.run.ordinals.set(id, found);
        this.bareItemCount += 1;
        return this.waiting.set(id, this.bareItem(id));
      });
    }
    await this.flush();
  }

  private bareItem(id: ItemId): ItemUpsert {
    return { itemId: id, attributes: {}, available: true, firstSeenAtMs: this.firstSeenAtMs(id) };
  }

  /** Its first event tells; what nobody has touched was there before all events. */
  private firstSeenAtMs(id: ItemId, statedMs?: number): number {
    const { extent, shiftMs, clock } = this.run;
    const firstMs = statedMs ?? extent.firstMsByItem.get(id) ?? extent.firstMs;
    return firstMs === null ? clock.nowMs() : firstMs + shiftMs;
  }
}
