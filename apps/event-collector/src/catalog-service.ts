import type { catalogV1 } from '@winnow/contracts';
import {
  itemId,
  ok,
  userId,
  type CatalogReader,
  type CatalogWriter,
  type Clock,
  type Description,
  type EventLogWriter,
} from '@winnow/domain';
import { RpcError, type RpcHandlers } from '@winnow/platform';
import { assertCount, assertId, checkedAttributes, definitionsByName } from './catalog-checks';
import { orUnavailable } from './store-failures';

export interface CatalogServiceOptions {
  readonly description: Pick<Description, 'items' | 'users'>;
  readonly catalog: CatalogReader & CatalogWriter;
  readonly eventLog: Pick<EventLogWriter, 'eraseUser'>;
  readonly clock: Clock;
  /** Throws when the stores are not ready to be written to. */
  readonly assertReady: () => void;
}

type Handlers = RpcHandlers<typeof catalogV1.CatalogServiceService>;

/** Items and users in and out. What is wrong is found before anything is written: a request counts whole or not at all. */
export const catalogService = (options: CatalogServiceOptions): Handlers => ({
  ...itemHandlers(options),
  ...userHandlers(options),
});

function itemHandlers({
  description,
  catalog,
  clock,
  assertReady,
}: CatalogServiceOptions): Pick<Handlers, 'upsertItems' | 'getItem' | 'deleteItems'> {
  const definitions = definitionsByName(description.items.attributes);
  return {
    upsertItems: async ({ items }) => {
      assertCount('items', items.length);
      const firstSeenAtMs = clock.nowMs();
      const checked = items.map((item, index) => {
        assertId(`items[${index}].item_id`, item.itemId);
        const field = `items[${index}].attributes`;
        const attributes = checkedAttributes({ field, attributes: item.attributes, definitions });
        return { itemId: itemId(item.itemId), attributes, available: item.available ?? true, firstSeenAtMs };
      });
      assertReady();
      const { createdCount, updatedCount } = await orUnavailable(() => catalog.upsertItems(checked));
      return ok({ createdCount, updatedCount });
    },
    getItem: async ({ itemId: id }) => {
      assertId('item_id', id);
      const item = await orUnavailable(() => catalog.getItem(itemId(id)));
      if (!item) throw new RpcError('not-found', `item_id: there is no item ${id}`);
      return ok({
        item: { itemId: id, attributes: { ...item.attributes }, available: item.available },
        ordinal: item.ordinal,
      });
    },
    deleteItems: async ({ itemIds }) => {
      assertCount('item_ids', itemIds.length);
      itemIds.forEach((id, index) => assertId(`item_ids[${index}]`, id));
      assertReady();
      const unique = [...new Set(itemIds)].map(itemId);
      const { deletedCount, missingItemIds } = await orUnavailable(() => catalog.deleteItems(unique));
      return ok({ deletedCount, missingItemIds: [...missingItemIds] });
    },
  };
}

function userHandlers({
  description,
  catalog,
  eventLog,
  assertReady,
}: CatalogServiceOptions): Pick<Handlers, 'upsertUsers' | 'getUser' | 'deleteUser'> {
  const definitions = definitionsByName(description.users.attributes);
  return {
    upsertUsers: async ({ users }) => {
      assertCount('users', users.length);
      const checked = users.map((user, index) => {
        assertId(`users[${index}].user_id`, user.userId);
        const field = `users[${index}].attributes`;
        const attributes = checkedAttributes({ field, attributes: user.attributes, definitions });
        return { userId: userId(user.userId), attributes };
      });
      assertReady();
      await orUnavailable(() => catalog.upsertUsers(checked));
      return ok({ upsertedCount: checked.length });
    },
    getUser: async ({ userId: id }) => {
      assertId('user_id', id);
      const user = await orUnavailable(() => catalog.getUser(userId(id)));
      if (!user) throw new RpcError('not-found', `user_id: there is no user ${id}`);
      return ok({
        user: { userId: id, attributes: { ...user.attributes } },
        interactionCount: user.interactionCount,
      });
    },
    deleteUser: async ({ userId: id }) => {
      assertId('user_id', id);
      assertReady();
      // The log last: from the online store's erasure on, the archive drops what is still on its way there.
      const erased = await orUnavailable(async () => [
        ...(await catalog.deleteUser(userId(id))),
        { store: 'event-log', count: await eventLog.eraseUser(userId(id)) },
      ]);
      return ok({ erased });
    },
  };
}
