import type { CatalogChange } from '@winnow/domain';
import { restoreCatalogScript, restoreUsersScript } from './catalog.lua';
import { storedAttributes, storedItemRest } from './redis-catalog';
import type { RedisConnection } from './redis-connection';
import { CONSUMER_GROUPS, type StoreKeys } from './store-keys';
import { entryTimeMs } from './stream-entry';
import { ensureGroup, streamHead } from './stream-groups';

export interface CatalogRestorerOptions {
  readonly connection: RedisConnection;
  readonly keys: StoreKeys;
  /** Changes younger than this go back into the catalogue stream. */
  readonly catalogRetentionMs: number;
  readonly nowMs: () => number;
}

const CHANGES_PER_SCRIPT = 1_000;

type UserChange = Extract<CatalogChange, { kind: 'user-upserted' }>;
type ItemChange = Exclude<CatalogChange, UserChange>;

/** Writes logged changes back, in order, and keeps count of what was seen. */
export class CatalogRestorer {
  newestLoggedMs = 0;
  /** How often each change of the newest logged millisecond is in the log. */
  private newestLogged = new Map<string, number>();
  largestOrdinal = -1;
  private newestEntryMs: number;

  private constructor(
    private readonly options: CatalogRestorerOptions,
    /** Only an empty stream gets its changes back: in any other they still are. */
    readonly restoresStream: boolean,
    headMs: number,
  ) {
    this.newestEntryMs = headMs;
  }

  static async create(
    options: CatalogRestorerOptions & { readonly restoresStream: boolean },
  ): Promise<CatalogRestorer> {
    const { connection, keys, restoresStream } = options;
    await ensureGroup(connection, keys.catalog, CONSUMER_GROUPS.archive);
    const head = await streamHead(connection, keys.catalog);
    return new CatalogRestorer(options, restoresStream, head === '0' ? 0 : entryTimeMs(head));
  }

  async restoreLogged(changes: readonly CatalogChange[]): Promise<void> {
    for (const change of changes) {
      if (change.changedAtMs > this.newestLoggedMs) {
        this.newestLoggedMs = change.changedAtMs;
        this.newestLogged.clear();
      }
      if (change.changedAtMs < this.newestLoggedMs) continue;
      const identity = identityOf(change);
      this.newestLogged.set(identity, (this.newestLogged.get(identity) ?? 0) + 1);
    }
    await this.restore(changes);
  }

  /**
   * Whether a change of the stream, which may share its millisecond with the newest logged one, is in the log. To be
   * asked once for each, in order.
   */
  takeLogged(change: CatalogChange): boolean {
    if (change.changedAtMs !== this.newestLoggedMs) return change.changedAtMs < this.newestLoggedMs;
    const identity = identityOf(change);
    const left = this.newestLogged.get(identity) ?? 0;
    this.newestLogged.set(identity, left - 1);
    return left > 0;
  }

  async restore(changes: readonly CatalogChange[]): Promise<void> {
    for (let start = 0; start < changes.length; start += CHANGES_PER_SCRIPT) {
      const items: ItemChange[] = [];
      const users: UserChange[] = [];
      for (const change of changes.slice(start, start + CHANGES_PER_SCRIPT)) {
        if (change.kind === 'user-upserted') users.push(change);
        else items.push(change);
      }
      await this.restoreItems(items);
      await this.restoreUsers(users);
    }
  }

  private async restoreItems(changes: readonly ItemChange[]): Promise<void> {
    if (changes.length === 0) return;
    const { connection, keys } = this.options;
    const args = changes.flatMap((change) => this.itemArgs(change));
    await connection.run((client) =>
      restoreCatalogScript.run(client, {
        keys: [keys.ordinals, keys.items, keys.nextOrdinal, keys.catalog],
        args: [CONSUMER_GROUPS.archive, ...args],
      }),
    );
  }

  private async restoreUsers(changes: readonly UserChange[]): Promise<void> {
    if (changes.length === 0) return;
    const { connection, keys } = this.options;
    await connection.run((client) =>
      restoreUsersScript.run(client, {
        keys: changes.flatMap(({ userId }) => [keys.user(userId), keys.erasedUser(userId)]),
        args: changes.flatMap(({ attributes, changedAtMs }) => [storedAttributes(attributes), changedAtMs]),
      }),
    );
  }

  private itemArgs(change: ItemChange): (string | number)[] {
    const { itemId, ordinal } = change.kind === 'item-upserted' ? change.item : change;
    this.largestOrdinal = Math.max(this.largestOrdinal, ordinal);
    const item = change.kind === 'item-upserted' ? storedItem(change.item) : '';
    const recent =
      this.restoresStream &&
      change.changedAtMs > this.options.nowMs() - this.options.catalogRetentionMs &&
      change.changedAtMs >= this.newestEntryMs;
    if (!recent) return [itemId, ordinal, item, '', 0];
    this.newestEntryMs = Math.trunc(change.changedAtMs);
    const entry =
      change.kind === 'item-upserted'
        ? `{"upserted":${item}}`
        : JSON.stringify({ deleted: { ordinal, itemId } });
    return [itemId, ordinal, item, entry, this.newestEntryMs];
  }
}

const storedItem = (item: Extract<CatalogChange, { kind: 'item-upserted' }>['item']): string =>
  `{"ordinal":${item.ordinal},"firstSeenAtMs":${Math.trunc(item.firstSeenAtMs)},${storedItemRest(item)}`;

function identityOf(change: CatalogChange): string {
  if (change.kind === 'user-upserted') return JSON.stringify([change.kind, change.userId]);
  const { itemId, ordinal } = change.kind === 'item-upserted' ? change.item : change;
  return JSON.stringify([change.kind, ordinal, itemId]);
}
