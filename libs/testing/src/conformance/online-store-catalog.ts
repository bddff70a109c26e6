import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { itemId, userId, type Attributes, type CatalogChange, type CatalogWriter } from '@winnow/domain';
import type { OnlineStoreSubject } from './online-store-subject';

type ItemUpsert = Parameters<CatalogWriter['upsertItems']>[0][number];

const SOON = { timeout: 5_000, interval: 5 };
const NOW_MS = Date.UTC(2026, 10, 21, 12);

const item = (id: string, overrides: Partial<Omit<ItemUpsert, 'itemId'>> = {}): ItemUpsert => ({
  itemId: itemId(id),
  attributes: {},
  available: true,
  firstSeenAtMs: NOW_MS,
  ...overrides,
});

/** What the catalogue and its feed promise; each adapter and the fake run it. */
export function describeCatalog(name: string, make: () => Promise<OnlineStoreSubject>): void {
  describe(`catalogue: ${name}`, () => {
    let subject: OnlineStoreSubject;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.close());

    const changesFrom = (cursor: string): CatalogChange[] => {
      const got: CatalogChange[] = [];
      subject.catalogFeed.tail(cursor, (changes) => got.push(...changes));
      return got;
    };

    it('numbers items from 0 in the order of their arrival, and never numbers one twice', async () => {
      const { catalog } = subject;
      expect(await catalog.upsertItems([item('a'), item('b')])).toEqual({
        createdCount: 2,
        updatedCount: 0,
        ordinals: [0, 1],
      });
      expect(await catalog.upsertItems([item('c'), item('a'), item('c')])).toEqual({
        createdCount: 1,
        updatedCount: 2,
        ordinals: [2, 0, 2],
      });
      expect(await catalog.resolve(['b', 'nobody', 'c', 'b'].map(itemId))).toEqual([1, null, 2, 1]);
      expect(await catalog.resolve([])).toEqual([]);
    });

    it('numbers items that arrive at the same time without a gap or a double', async () => {
      const replies = await Promise.all(
        Array.from({ length: 8 }, (_, batch) =>
          subject.catalog.upsertItems(
            Array.from({ length: 50 }, (_, index) => item(`item-${(batch * 25 + index) % 200}`)),
          ),
        ),
      );
      const ids = Array.from({ length: 200 }, (_, index) => itemId(`item-${index}`));
      const ordinals = (await subject.catalog.resolve(ids)).map(Number);
      expect([...ordinals].sort((left, right) => left - right)).toEqual(ids.map((_, index) => index));
      expect(replies.reduce((sum, { createdCount }) => sum + createdCount, 0)).toBe(200);
    });

    it('returns an item as it was given, null attributes left out', async () => {
      const attributes: Attributes = {
        title: 'Zürich "by night" \\ 漢字',
        price: 0.1 + 0.2,
        released: 1_700_000_000_123,
        tags: [],
        vector: [1e-7, -0.5],
        big: 1.234567890123456e21,
        nothing: null,
      };
      await subject.catalog.upsertItems([item('a', { attributes, available: false })]);
      const { nothing: _, ...kept } = attributes;
      expect(await subject.catalog.getItem(itemId('a'))).toEqual({
        ordinal: 0,
        itemId: 'a',
        attributes: kept,
        available: false,
        firstSeenAtMs: NOW_MS,
      });
    });

    it('replaces an item at an upsert, and keeps the earliest first-seen time', async () => {
      const { catalog } = subject;
      await catalog.upsertItems([item('a', { attributes: { title: 'old', price: 5 } })]);
      await catalog.upsertItems([item('a', { attributes: { title: 'new' }, firstSeenAtMs: NOW_MS + 9 })]);
      expect(await catalog.getItem(itemId('a'))).toMatchObject({
        attributes: { title: 'new' },
        firstSeenAtMs: NOW_MS,
      });
      expect((await catalog.getItem(itemId('a')))?.attributes).not.toHaveProperty('price');
      await catalog.upsertItems([item('a', { attributes: { title: 'new' }, firstSeenAtMs: NOW_MS - 9 })]);
      expect((await catalog.getItem(itemId('a')))?.firstSeenAtMs).toBe(NOW_MS - 9);
    });

    it('no longer finds what was deleted, says what was never there, and gives a returning id a new ordinal', async () => {
      const { catalog } = subject;
      await catalog.upsertItems([item('a'), item('b')]);
      expect(await catalog.deleteItems(['a', 'ghost'].map(itemId))).toEqual({
        deletedCount: 1,
        missingItemIds: ['ghost'],
      });
      expect(await catalog.resolve(['a', 'b'].map(itemId))).toEqual([null, 1]);
      expect(await catalog.getItem(itemId('a'))).toBeNull();
      expect((await catalog.deleteItems([itemId('a')])).deletedCount).toBe(0);
      expect((await catalog.upsertItems([item('a')])).ordinals).toEqual([2]);
    });

    it('announces each change once and in order, an upsert that changes nothing not at all', async () => {
      const got = changesFrom('0');
      const { catalog } = subject;
      await catalog.upsertItems([item('a', { attributes: { title: 'A' } })]);
      await catalog.upsertItems([item('a', { attributes: { title: 'A' } })]);
      await catalog.deleteItems([itemId('a')]);
      await catalog.upsertItems([item('a')]);
      await catalog.upsertUsers([{ userId: userId('ada'), attributes: { country: 'PT', age: null } }]);
      await catalog.upsertUsers([{ userId: userId('ada'), attributes: { country: 'PT' } }]);
      await vi.waitFor(() => expect(got.length).toBeGreaterThanOrEqual(4), SOON);
      const changedAtMs = expect.any(Number) as number;
      const stored = { itemId: 'a', available: true, firstSeenAtMs: NOW_MS };
      expect(got).toEqual([
        { kind: 'item-upserted', item: { ...stored, ordinal: 0, attributes: { title: 'A' } }, changedAtMs },
        { kind: 'item-deleted', ordinal: 0, itemId: 'a', changedAtMs },
        { kind: 'item-upserted', item: { ...stored, ordinal: 1, attributes: {} }, changedAtMs },
        { kind: 'user-upserted', userId: 'ada', attributes: { country: 'PT' }, changedAtMs },
      ]);
      expect(Math.abs(got[0].changedAtMs - Date.now())).toBeLessThan(60_000);
    });

    it('tails changes from after a cursor', async () => {
      await subject.catalog.upsertItems([item('a')]);
      const got = changesFrom(await subject.catalogFeed.head());
      await subject.catalog.upsertItems([item('b')]);
      await vi.waitFor(() => expect(got).toHaveLength(1), SOON);
      expect(got[0]).toMatchObject({ kind: 'item-upserted', item: { itemId: 'b', ordinal: 1 } });
    });

    it('takes thousands of items in one call', async () => {
      const reply = await subject.catalog.upsertItems(
        Array.from({ length: 2_500 }, (_, index) => item(`bulk-${index}`)),
      );
      expect(reply.createdCount).toBe(2_500);
      expect(reply.ordinals).toEqual(Array.from({ length: 2_500 }, (_, index) => index));
    });

    it('takes the attributes of an erased user out of the feed', async () => {
      const { catalog } = subject;
      await catalog.upsertUsers(
        ['ada', 'ben'].map((id) => ({ userId: userId(id), attributes: { country: 'PT' } })),
      );
      await catalog.deleteUser(userId('ada'));
      const got = changesFrom('0');
      await vi.waitFor(() => expect(got).toHaveLength(1), SOON);
      expect(got[0]).toMatchObject({ kind: 'user-upserted', userId: 'ben' });
    });
  });
}
