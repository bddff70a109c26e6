import {
  itemId,
  ordinal,
  stageError,
  type Attributes,
  type CatalogItem,
  type CatalogReader,
  type CatalogWriter,
  type ItemId,
  type Ordinal,
  type UserId,
} from '@winnow/domain';
import { deleteItemsScript, upsertItemsScript, upsertUsersScript } from './catalog.lua';
import {
  ONLINE_STORE_COMPONENT,
  pipelineResults,
  StoreUnavailableError,
  type RedisConnection,
} from './redis-connection';
import type { StoreKeys } from './store-keys';
import { eraseUser } from './user-erasure';

/** Items or users per command; what a larger call holds is sent in such pieces. */
export const CATALOG_BATCH_MAX = 1_000;

export interface RedisCatalogOptions {
  readonly connection: RedisConnection;
  readonly keys: StoreKeys;
  readonly nowMs: () => number;
}

type ItemUpsert = Parameters<CatalogWriter['upsertItems']>[0][number];

/** `null` erases an attribute, so it is not stored. */
const presentAttributes = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));

export const storedAttributes = (attributes: Attributes): string =>
  JSON.stringify(presentAttributes(attributes));

/** What follows ordinal and first-seen time in a stored item. */
export const storedItemRest = ({
  itemId: id,
  attributes,
  available,
}: Pick<CatalogItem, 'itemId' | 'attributes' | 'available'>): string =>
  JSON.stringify({ itemId: id, attributes: presentAttributes(attributes), available }).slice(1);

/** Items and users in Redis hashes; ordinals are handed out, and changes announced, in the script that writes. */
export class RedisCatalog implements CatalogReader, CatalogWriter {
  constructor(private readonly options: RedisCatalogOptions) {}

  /** Throws StoreUnavailableError while a rebuild is under way: an item not yet restored is not an unknown one. */
  async resolve(itemIds: readonly ItemId[]): Promise<readonly (Ordinal | null)[]> {
    const { keys, connection } = this.options;
    const found: (Ordinal | null)[] = [];
    for (const piece of pieces(itemIds)) {
      const [unfinished, ordinals] = await connection.run(async (client) =>
        pipelineResults(
          await client
            .pipeline()
            .exists(keys.unfinishedRebuild)
            .hmget(keys.ordinals, ...piece)
            .exec(),
        ),
      );
      if (unfinished === 1) throw rebuildUnderWay();
      for (const text of ordinals as (string | null)[])
        found.push(text === null ? null : ordinal(Number(text)));
    }
    return found;
  }

  async getItem(id: ItemId): Promise<CatalogItem | null> {
    const stored = await this.options.connection.run((client) => client.hget(this.options.keys.items, id));
    return stored === null ? null : (JSON.parse(stored) as CatalogItem);
  }

  async getUser(
    userId: UserId,
  ): Promise<{ readonly attributes: Attributes; readonly interactionCount: number } | null> {
    const [attributes, interactions] = await this.options.connection.run((client) =>
      client.hmget(this.options.keys.user(userId), 'attributes', 'interactions'),
    );
    if (attributes === null && interactions === null) return null;
    return {
      attributes: attributes === null ? {} : (JSON.parse(attributes) as Attributes),
      interactionCount: Number(interactions ?? 0),
    };
  }

  /**
   * Replaces what is given; `firstSeenAtMs` stays the earliest one given. All or nothing up to 1,000 items; more are
   * sent in such pieces. An upsert that changes nothing counts as updated and is not announced.
   */
  async upsertItems(items: readonly ItemUpsert[]): Promise<{
    readonly createdCount: number;
    readonly updatedCount: number;
    readonly ordinals: readonly Ordinal[];
  }> {
    const { keys, connection } = this.options;
    const ordinals: Ordinal[] = [];
    let createdCount = 0;
    for (const piece of pieces(items)) {
      const replies = (await connection.run((client) =>
        upsertItemsScript.run(client, {
          keys: [keys.ordinals, keys.items, keys.nextOrdinal, keys.catalog, keys.unfinishedRebuild],
          args: piece.flatMap((item) => [item.itemId, Math.trunc(item.firstSeenAtMs), storedItemRest(item)]),
        }),
      )) as number[];
      for (const reply of replies) {
        if (reply < 0) createdCount += 1;
        ordinals.push(ordinal(reply < 0 ? -reply - 1 : reply));
      }
    }
    return { createdCount, updatedCount: items.length - createdCount, ordinals };
  }

  async deleteItems(
    itemIds: readonly ItemId[],
  ): Promise<{ readonly deletedCount: number; readonly missingItemIds: readonly ItemId[] }> {
    const { keys, connection } = this.options;
    const missingItemIds: ItemId[] = [];
    for (const piece of pieces(itemIds)) {
      const replies = (await connection.run((client) =>
        deleteItemsScript.run(client, {
          keys: [keys.ordinals, keys.items, keys.catalog, keys.unfinishedRebuild],
          args: piece.flatMap((id) => [id, JSON.stringify(id)]),
        }),
      )) as number[];
      replies.forEach((deleted, index) => {
        if (deleted === 0) missingItemIds.push(itemId(piece[index]));
      });
    }
    return { deletedCount: itemIds.length - missingItemIds.length, missingItemIds };
  }

  /** Replaces the attributes of each user; interactions stay. Attributes that stay the same are not announced. */
  async upsertUsers(
    users: readonly { readonly userId: UserId; readonly attributes: Attributes }[],
  ): Promise<void> {
    const { keys, connection } = this.options;
    for (const piece of pieces(users))
      await connection.run((client) =>
        upsertUsersScript.run(client, {
          keys: [keys.catalog, keys.unfinishedRebuild, ...piece.map(({ userId }) => keys.user(userId))],
          args: piece.flatMap(({ userId, attributes }) => [userId, storedAttributes(attributes)]),
        }),
      );
  }

  deleteUser(userId: UserId): Promise<readonly { readonly store: string; readonly count: number }[]> {
    return eraseUser({ ...this.options, userId });
  }
}

const rebuildUnderWay = (): StoreUnavailableError =>
  new StoreUnavailableError(
    stageError('dependency', ONLINE_STORE_COMPONENT, 'the online store is being rebuilt'),
  );

function* pieces<T>(values: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < values.length; start += CATALOG_BATCH_MAX)
    yield values.slice(start, start + CATALOG_BATCH_MAX);
}
