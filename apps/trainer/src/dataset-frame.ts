import { itemId, ordinal } from '@winnow/domain';
import type { Attributes, Description, ItemId } from '@winnow/domain';
import type { Dataset, EventRecord } from '@winnow/datasets';
import { ItemTable } from '@winnow/features';
import type { RunFrame } from '@winnow/training';

/** A data set as evaluation wants it: no store, no log, ordinals in the order of first appearance. */
export interface DatasetFrame {
  readonly items: ItemTable;
  readonly frame: RunFrame;
}

interface Collected {
  readonly itemAttributes: Map<string, Attributes>;
  readonly userAttributes: Map<string, Attributes>;
  readonly events: EventRecord[];
}

/** Reads a data set whole. `firstOfEachPair` keeps only a user's first event with an item, as the protocol of repeat purchases asks. */
export async function readDatasetFrame(
  dataset: Dataset,
  { description, firstOfEachPair }: { description: Description; firstOfEachPair: boolean },
): Promise<DatasetFrame> {
  const collected: Collected = { itemAttributes: new Map(), userAttributes: new Map(), events: [] };
  for await (const record of dataset.records()) {
    if (record.kind === 'item') collected.itemAttributes.set(record.itemId, record.attributes);
    else if (record.kind === 'user') collected.userAttributes.set(record.userId, record.attributes);
    else if (record.kind === 'event') collected.events.push(record);
  }
  collected.events.sort((left, right) => left.timeMs - right.timeMs || left.line - right.line);
  return columnsOf(collected, { description, firstOfEachPair });
}

function columnsOf(
  { itemAttributes, userAttributes, events }: Collected,
  { description, firstOfEachPair }: { description: Description; firstOfEachPair: boolean },
): DatasetFrame {
  const items = new ItemTable(description.items.attributes, description.items.titleAttribute);
  const users = new Map<string, number>();
  const pairs = new Set<string>();
  const kept: { event: EventRecord; user: number; ordinal: number }[] = [];
  const typeOf = new Map(description.events.map(({ name }, index) => [name, index]));
  for (const event of events) {
    if (!typeOf.has(event.eventType)) continue;
    const pair = `${event.userId}\u0000${event.itemId}`;
    if (firstOfEachPair && pairs.has(pair)) continue;
    pairs.add(pair);
    const user = users.get(event.userId) ?? users.size;
    users.set(event.userId, user);
    kept.push({ event, user, ordinal: admit(items, event.itemId, itemAttributes, event.timeMs) });
  }
  for (const id of itemAttributes.keys())
    admit(items, itemId(id), itemAttributes, kept.at(-1)?.event.timeMs ?? 0);
  return {
    items,
    frame: {
      userAttributes: [...users.keys()].map((id) => userAttributes.get(id) ?? {}),
      events: {
        count: kept.length,
        users: Uint32Array.from(kept, ({ user }) => user),
        ordinals: Uint32Array.from(kept, (one) => one.ordinal),
        eventTypes: Uint8Array.from(kept, ({ event }) => typeOf.get(event.eventType) ?? 0),
        timesMs: Float64Array.from(kept, ({ event }) => event.timeMs),
        values: Float32Array.from(kept, ({ event }) => event.value),
        userIds: [...users.keys()],
      },
    },
  };
}

/** The item's ordinal, given at first sight. */
function admit(
  items: ItemTable,
  id: ItemId,
  attributes: ReadonlyMap<string, Attributes>,
  firstSeenAtMs: number,
): number {
  const known = items.ordinalOf(id);
  if (known !== null) return known;
  const next = ordinal(items.ordinalLimit);
  items.upsert({
    ordinal: next,
    itemId: id,
    attributes: attributes.get(id) ?? {},
    available: true,
    firstSeenAtMs,
  });
  return next;
}
