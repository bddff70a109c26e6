import type { Attributes, CatalogChange, Description, UserId } from '@winnow/domain';
import { ItemTable } from '@winnow/features';

type ItemChange = Exclude<CatalogChange, { readonly kind: 'user-upserted' }>;

const ordinalOf = (change: ItemChange): number =>
  change.kind === 'item-upserted' ? change.item.ordinal : change.ordinal;

/** The catalogue of the event log as it stood at any moment, in one table that moves through time, both ways. */
export class CatalogueAsOf {
  readonly items: ItemTable;
  /** Of each change, the index of the one before it to the same item; −1 for an item's first. */
  private readonly previous: Int32Array;
  private applied = 0;

  private constructor(
    description: Pick<Description, 'items'>,
    private readonly changes: readonly ItemChange[],
    private readonly ofUsers: ReadonlyMap<
      UserId,
      { readonly changedAtMs: number; readonly to: Attributes }[]
    >,
  ) {
    this.items = new ItemTable(description.items.attributes, description.items.titleAttribute);
    const last = new Map<number, number>();
    this.previous = Int32Array.from(changes, (change, index) => {
      const before = last.get(ordinalOf(change)) ?? -1;
      last.set(ordinalOf(change), index);
      return before;
    });
  }

  /** `batches` in the order in which changes happened. */
  static async read(
    batches: AsyncIterable<readonly CatalogChange[]>,
    description: Pick<Description, 'items'>,
  ): Promise<CatalogueAsOf> {
    const changes: ItemChange[] = [];
    const ofUsers = new Map<UserId, { changedAtMs: number; to: Attributes }[]>();
    for await (const batch of batches)
      for (const change of batch)
        if (change.kind === 'user-upserted') {
          const known = ofUsers.get(change.userId) ?? [];
          ofUsers.set(change.userId, [...known, { changedAtMs: change.changedAtMs, to: change.attributes }]);
        } else changes.push(change);
    return new CatalogueAsOf(description, changes, ofUsers);
  }

  /** Makes `items` what it was after every change up to a moment. O(changes passed). */
  moveTo(timeMs: number): void {
    for (; this.applied > 0 && this.changes[this.applied - 1].changedAtMs > timeMs; this.applied -= 1)
      this.apply(this.previous[this.applied - 1], ordinalOf(this.changes[this.applied - 1]));
    for (; this.applied < this.changes.length; this.applied += 1) {
      const change = this.changes[this.applied];
      if (change.changedAtMs > timeMs) return;
      this.apply(this.applied, ordinalOf(change));
    }
  }

  /** Newest attributes of a user at a moment; none for an unknown one. */
  userAttributes(userId: UserId, timeMs: number): Attributes {
    const known = this.ofUsers.get(userId) ?? [];
    return known.filter(({ changedAtMs }) => changedAtMs <= timeMs).at(-1)?.to ?? {};
  }

  /** Brings the item to what a change made of it; −1: to before its first. */
  private apply(index: number, ordinal: number): void {
    const change = index < 0 ? null : this.changes[index];
    if (change?.kind === 'item-upserted') this.items.upsert(change.item);
    else this.items.remove(ordinal);
  }
}
