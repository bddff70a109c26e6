import type { recommenderV1 } from '@winnow/contracts';

/** How a slate differs from an earlier one of the same user. */
export interface SlateChange {
  readonly leftItemIds: readonly string[];
  readonly newItemIds: readonly string[];
  readonly movedItemIds: readonly string[];
}

const idsOf = (reply: recommenderV1.RecommendResponse): readonly string[] =>
  reply.items.map(({ itemId }) => itemId);

/** Compares by order among what both have, so that one item that left does not make all below it moved. */
export function compareSlates(
  before: recommenderV1.RecommendResponse,
  after: recommenderV1.RecommendResponse,
): SlateChange {
  const [old, now] = [idsOf(before), idsOf(after)];
  const stayedOld = old.filter((id) => now.includes(id));
  const stayedNow = now.filter((id) => old.includes(id));
  return {
    leftItemIds: old.filter((id) => !now.includes(id)),
    newItemIds: now.filter((id) => !old.includes(id)),
    movedItemIds: stayedNow.filter((id, index) => stayedOld[index] !== id),
  };
}

export const hasChanged = ({ leftItemIds, newItemIds, movedItemIds }: SlateChange): boolean =>
  leftItemIds.length + newItemIds.length + movedItemIds.length > 0;
