import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { itemId, userId, type TrackedEvent, type UserState } from '@winnow/domain';
import { trackedEvent, type OnlineStoreSubject } from './online-store-subject';

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const ADA = userId('ada');

/** What reading and writing of users' online state promise; each adapter and the fake run it. */
export function describeOnlineStore(name: string, make: () => Promise<OnlineStoreSubject>): void {
  describe(`online state: ${name}`, () => {
    let subject: OnlineStoreSubject;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.close());

    const stateOf = async (user = ADA): Promise<UserState> => {
      const state = await subject.state.userState(user);
      if (!state.ok) throw new Error(state.error.reason);
      return state.value;
    };
    const series = (count: number, event: (index: number) => Partial<Parameters<typeof trackedEvent>[0]>) =>
      Array.from({ length: count }, (_, index) => trackedEvent(event(index)));

    it('knows nothing of a user it has never met', async () => {
      expect(await stateOf(userId('nobody'))).toEqual({
        recentInteractions: [],
        seenOrdinals: new Uint32Array(0),
        attributes: {},
      });
      expect(await subject.catalog.getUser(userId('nobody'))).toBeNull();
    });

    it('keeps every field of an interaction exactly', async () => {
      const event = trackedEvent({ item: 4_294_967_294, type: 'dislike', timeMs: NOW_MS, value: 12.99 });
      expect(await subject.stateWriter.apply([event])).toBe(1);
      expect(await stateOf()).toEqual({
        recentInteractions: [{ ordinal: 4_294_967_294, eventType: 2, timeMs: NOW_MS, value: 12.99 }],
        seenOrdinals: Uint32Array.of(4_294_967_294),
        attributes: {},
      });
    });

    it('counts an event once, however often and in however many batches it arrives', async () => {
      const event = trackedEvent();
      expect(await subject.stateWriter.apply([event, event])).toBe(1);
      expect(await subject.stateWriter.apply([event, trackedEvent({ item: 2 })])).toBe(1);
      expect((await stateOf()).recentInteractions.map(({ ordinal }) => ordinal)).toEqual([1, 2]);
      expect((await subject.catalog.getUser(ADA))?.interactionCount).toBe(2);
    });

    it('orders interactions by event time, late arrivals included', async () => {
      await subject.stateWriter.apply([
        trackedEvent({ item: 3, timeMs: NOW_MS + 30 }),
        trackedEvent({ item: 1, timeMs: NOW_MS + 10 }),
      ]);
      await subject.stateWriter.apply([trackedEvent({ item: 2, timeMs: NOW_MS + 20 })]);
      expect((await stateOf()).recentInteractions.map(({ ordinal }) => ordinal)).toEqual([1, 2, 3]);
    });

    it('keeps the newest 200 interactions, and an event older than those changes none of them', async () => {
      await subject.stateWriter.apply(
        series(450, (index) => ({ item: index, type: 'view', timeMs: NOW_MS + index })),
      );
      await subject.stateWriter.apply([trackedEvent({ item: 9_999, type: 'view', timeMs: NOW_MS - 1 })]);
      const { recentInteractions } = await stateOf();
      expect(recentInteractions).toHaveLength(200);
      expect(recentInteractions[0].ordinal).toBe(250);
      expect(recentInteractions[199].ordinal).toBe(449);
      expect((await subject.catalog.getUser(ADA))?.interactionCount).toBe(451);
    });

    it('marks as seen only by event types that the description says so of, each item once, the latest last', async () => {
      await subject.stateWriter.apply([
        trackedEvent({ item: 0, type: 'purchase' }),
        trackedEvent({ item: 256, type: 'dislike' }),
        trackedEvent({ item: 7, type: 'view' }),
        trackedEvent({ item: 65_536, type: 'purchase' }),
        trackedEvent({ item: 0, type: 'purchase' }),
      ]);
      expect([...(await stateOf()).seenOrdinals]).toEqual([256, 65_536, 0]);
    });

    it('keeps the latest 10,000 seen items', async () => {
      const events = series(10_050, (index) => ({ item: index, timeMs: NOW_MS + index }));
      for (let start = 0; start < events.length; start += 2_500)
        await subject.stateWriter.apply(events.slice(start, start + 2_500));
      const { seenOrdinals } = await stateOf();
      expect(seenOrdinals).toHaveLength(10_000);
      expect([seenOrdinals[0], seenOrdinals[9_999]]).toEqual([50, 10_049]);
    });

    it('passes over impressions and event types that the description does not name', async () => {
      const applied = await subject.stateWriter.apply([
        trackedEvent({ type: 'impression' }),
        trackedEvent({ type: 'retired-type' }),
        trackedEvent({ item: 5, type: 'view' }),
      ]);
      expect(applied).toBe(1);
      expect((await stateOf()).recentInteractions.map(({ ordinal }) => ordinal)).toEqual([5]);
    });

    it('keeps users apart, also those whose ids look like keys or patterns', async () => {
      const users = ['ada', 'ada:seen', 'ada*', '漢字 🙂', '__proto__'];
      await subject.stateWriter.apply(users.map((user, item) => trackedEvent({ user, item })));
      for (const [item, user] of users.entries())
        expect([...(await stateOf(userId(user))).seenOrdinals]).toEqual([item]);
    });

    it('replaces the attributes of a user, null erasing one, and leaves interactions alone', async () => {
      await subject.stateWriter.apply([trackedEvent()]);
      await subject.catalog.upsertUsers([{ userId: ADA, attributes: { country: 'PT', age: 36, tags: [] } }]);
      expect((await stateOf()).attributes).toEqual({ country: 'PT', age: 36, tags: [] });
      await subject.catalog.upsertUsers([{ userId: ADA, attributes: { country: 'DE', age: null } }]);
      expect(await subject.catalog.getUser(ADA)).toEqual({
        attributes: { country: 'DE' },
        interactionCount: 1,
      });
      expect((await stateOf()).recentInteractions).toHaveLength(1);
    });

    it('erases a user, and drops what was received before the erasure when it arrives after it', async () => {
      const before = trackedEvent({ receivedAtMs: Date.now() });
      await subject.stateWriter.apply([before, trackedEvent({ user: 'ben' })]);
      await subject.catalog.upsertUsers([{ userId: ADA, attributes: { country: 'PT' } }]);
      const erased = await subject.catalog.deleteUser(ADA);
      expect(erased.find(({ store }) => store === 'online-state')?.count).toBe(1);

      const late: TrackedEvent = trackedEvent({ receivedAtMs: before.receivedAtMs });
      expect(await subject.stateWriter.apply([late])).toBe(0);
      expect(await subject.catalog.getUser(ADA)).toBeNull();
      expect((await stateOf(userId('ben'))).recentInteractions).toHaveLength(1);

      const returned = trackedEvent({ receivedAtMs: Date.now() + 1_000 });
      expect(await subject.stateWriter.apply([returned])).toBe(1);
      expect((await stateOf()).recentInteractions).toHaveLength(1);
    });

    it('erases nothing for a user that it does not know', async () => {
      const erased = await subject.catalog.deleteUser(userId('nobody'));
      expect(erased.every(({ count }) => count === 0)).toBe(true);
      expect(await subject.catalog.getItem(itemId('nothing'))).toBeNull();
    });
  });
}
