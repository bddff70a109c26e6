import { ordinal } from '@winnow/domain';
import type { Description } from '@winnow/domain';
import { ItemTable } from '@winnow/features';
import { parseDescription } from '@winnow/platform';
import { SyntheticWorld, syntheticItemIndex, syntheticUserId } from '@winnow/synthetic-world';
import type { RunFrame } from '../frame';

/** Networks of this size train in seconds. */
const DESCRIPTION = `
namespace: small-world
items:
  title: title
  attributes: { title: text, topic: category, tags: categories, price: number }
users:
  attributes: { country: category, device: category }
events:
  click: { sentiment: positive }
  purchase: { sentiment: positive, value: 3 }
  hide: { sentiment: negative }
objectives:
  click: { event: click, weight: 1 }
  purchase: { event: purchase, weight: 2 }
surfaces:
  home: { sources: { two-tower: 100, similar: 40, trending: 40, popular: 40, fresh: 20 }, rerankers: [] }
training:
  dimension: 8
  historyCountMax: 10
  twoTower: { epochsMax: 2, batchSize: 128, uniformNegativeCount: 32 }
  ranker: { epochsMax: 1, queryCountMax: 60, candidateCount: 20 }
`;

export interface SmallWorld {
  readonly description: Description;
  readonly items: ItemTable;
  readonly frame: RunFrame;
}

const SIZE = { itemCount: 200, userCount: 120, topicCount: 6, days: 15, slatesPerDay: 120 };

/** A few hundred items and users, and the first event of each pair, as the protocols want it. */
export async function smallWorld(seed = 5, size: Partial<typeof SIZE> = {}): Promise<SmallWorld> {
  const description = parseDescription(DESCRIPTION, 'small-world.yaml');
  const world = new SyntheticWorld({ seed, ...SIZE, ...size });
  const items = new ItemTable(description.items.attributes, description.items.titleAttribute);
  for await (const batch of world.items())
    for (const { itemId, attributes } of batch)
      items.upsert({
        itemId,
        attributes,
        ordinal: ordinal(syntheticItemIndex(itemId) ?? 0),
        available: true,
        firstSeenAtMs: attributes['created'] as number,
      });
  const types = description.events.map(({ name }) => name as string);
  const rows = [];
  const pairs = new Set<string>();
  for await (const batch of world.events())
    for (const event of batch) {
      const pair = `${event.userIndex} ${event.itemIndex}`;
      if (!types.includes(event.eventType) || pairs.has(pair)) continue;
      pairs.add(pair);
      rows.push(event);
    }
  const { userCount } = world.options;
  const userIds = Array.from({ length: userCount }, (_, index) => syntheticUserId(index) as string);
  return {
    description,
    items,
    frame: {
      userAttributes: userIds.map((_, index) => world.user(index).attributes),
      events: {
        count: rows.length,
        users: Uint32Array.from(rows, ({ userIndex }) => userIndex),
        ordinals: Uint32Array.from(rows, ({ itemIndex }) => itemIndex),
        eventTypes: Uint8Array.from(rows, ({ eventType }) => types.indexOf(eventType)),
        timesMs: Float64Array.from(rows, ({ timeMs }) => timeMs),
        values: Float32Array.from(rows, ({ value }) => value),
        userIds,
      },
    },
  };
}
