import { randomUUID } from 'node:crypto';
import { userId } from '@winnow/domain';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { createOnlineStore, type OnlineStore } from './create-online-store';

let store: OnlineStore;
afterEach(() => store.close());

describe('the head of a stream', () => {
  it('is an entry that is still there after the newest one was erased with its user', async () => {
    const namespace = `test-${randomUUID()}`;
    store = createOnlineStore({ url: inject('redisUrl'), namespace, description: { namespace, events: [] } });
    expect(await store.catalogFeed.head()).toBe('0');
    await store.catalog.upsertUsers([{ userId: userId('stays'), attributes: { country: 'NL' } }]);
    const head = await store.catalogFeed.head();
    await store.catalog.upsertUsers([{ userId: userId('goes'), attributes: { country: 'BE' } }]);
    await store.catalog.deleteUser(userId('goes'));
    expect(await store.catalogFeed.head()).toBe(head);
  });
});
