import type { Interaction, ItemId, Ordinal } from '@winnow/domain';
import type { RecommendCommand } from './recommend-command';

/** A command's item ids as ordinals of one release's catalogue. */
export interface ResolvedItems {
  readonly seedOrdinals: readonly Ordinal[];
  readonly excludedOrdinals: readonly Ordinal[];
  readonly recentInteractions: readonly Interaction[];
  /** Ids that the catalogue does not know, each once, in the order of the request. */
  readonly missingItemIds: readonly ItemId[];
}

/** Looks up every id in memory; what is unknown is reported, not refused. O(ids). */
export function resolveItems(
  command: Pick<RecommendCommand, 'seedItemIds' | 'excludedItemIds' | 'recentInteractions'>,
  catalog: { ordinalOf(id: ItemId): Ordinal | null },
): ResolvedItems {
  const missing = new Set<ItemId>();
  const resolve = (id: ItemId): Ordinal | null => {
    const ordinal = catalog.ordinalOf(id);
    if (ordinal === null) missing.add(id);
    return ordinal;
  };
  const known = (ids: readonly ItemId[]): Ordinal[] => ids.map(resolve).filter((ordinal) => ordinal !== null);
  return {
    seedOrdinals: known(command.seedItemIds),
    excludedOrdinals: known(command.excludedItemIds),
    recentInteractions: command.recentInteractions.flatMap(({ itemId, eventType, timeMs, value }) => {
      const ordinal = resolve(itemId);
      return ordinal === null ? [] : [{ ordinal, eventType, timeMs, value }];
    }),
    missingItemIds: [...missing],
  };
}
