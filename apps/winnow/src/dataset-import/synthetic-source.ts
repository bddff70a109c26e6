import { SyntheticWorld, type SyntheticWorldOptions } from '@winnow/synthetic-world';
import type { ImportSource, SourceEvent } from './import-source';

export interface SyntheticSourceOptions extends Partial<SyntheticWorldOptions> {
  /** Takes impressions in as well: ten rows a slate, wanted for counterfactual evaluation only. */
  readonly impressions?: boolean;
}

/** The synthetic world as something to import; a seed and sizes name it fully. */
export function syntheticSource({
  impressions = false,
  ...worldOptions
}: SyntheticSourceOptions): ImportSource {
  const world = new SyntheticWorld(worldOptions);
  const { seed, itemCount, userCount } = world.options;
  return {
    name: `synthetic-${seed}-${itemCount}-${userCount}`,
    attribution: `synthetic world, seed ${seed}: ${itemCount} items, ${userCount} users`,
    async *batches() {
      for await (const items of world.items())
        yield items.map(({ itemId, attributes }) => ({
          kind: 'item' as const,
          itemId,
          attributes,
          firstSeenAtMs: attributes['created'] as number,
        }));
      for await (const users of world.users())
        yield users.map(({ userId, attributes }) => ({ kind: 'user' as const, userId, attributes }));
      let line = 0;
      for await (const events of world.events())
        yield events
          .filter(({ eventType }) => impressions || eventType !== 'impression')
          .map(({ eventId, userId, itemId, eventType, timeMs, value, slateId, position }): SourceEvent => ({
            kind: 'event',
            eventId: `synthetic-${seed}-${eventId}`,
            userId,
            itemId,
            eventType,
            timeMs,
            value,
            line: (line += 1),
            slateId,
            position,
          }));
    },
  };
}
