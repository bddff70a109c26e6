import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  eventId,
  itemId,
  ordinal,
  slateId,
  surfaceName,
  userId,
  type Attributes,
  type CatalogChange,
  type EventColumns,
  type EventLogReader,
  type EventLogWriter,
  type TrackedEvent,
} from '@winnow/domain';

/** Two views of one log: what one process appends, another one reads. */
export interface EventLogSubject {
  readonly log: EventLogReader & EventLogWriter;
  readonly otherProcess: EventLogReader;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 1);

/** An event of user `u1` with item 1, unless said otherwise. */
export const loggedEvent = (id: string, overrides: Partial<TrackedEvent> = {}): TrackedEvent => ({
  eventId: eventId(id),
  userId: userId('u1'),
  itemId: itemId('i1'),
  ordinal: ordinal(1),
  eventType: 'click',
  timeMs: START_MS,
  receivedAtMs: overrides.timeMs ?? START_MS,
  value: 1,
  ...overrides,
});

/** An item's arrival or change. */
export const itemUpserted = (
  number: number,
  attributes: Attributes,
  changedAtMs = START_MS,
): Extract<CatalogChange, { kind: 'item-upserted' }> => ({
  kind: 'item-upserted',
  item: {
    ordinal: ordinal(number),
    itemId: itemId(`i${number}`),
    attributes,
    available: true,
    firstSeenAtMs: START_MS,
  },
  changedAtMs,
});

const itemDeleted = (number: number, changedAtMs: number): CatalogChange => ({
  kind: 'item-deleted',
  ordinal: ordinal(number),
  itemId: itemId(`i${number}`),
  changedAtMs,
});

const userUpserted = (id: string, attributes: Attributes, changedAtMs = START_MS): CatalogChange => ({
  kind: 'user-upserted',
  userId: userId(id),
  attributes,
  changedAtMs,
});

async function collected<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

const rowsOf = (columns: EventColumns): unknown[] =>
  Array.from({ length: columns.count }, (_, row) => ({
    user: columns.userIds[columns.users[row]],
    ordinal: columns.ordinals[row],
    type: columns.eventTypes[row],
    timeMs: columns.timesMs[row],
    value: columns.values[row],
  }));

/** What every event log promises; the adapter and the fake run it. */
export function describeEventLog(name: string, create: () => Promise<EventLogSubject>): void {
  describe(`event log: ${name}`, () => {
    let subject: EventLogSubject;
    beforeEach(async () => {
      subject = await create();
    });
    afterEach(() => subject.close());

    it('is empty at first, and takes empty batches', async () => {
      await subject.log.appendEvents([]);
      await subject.log.appendCatalogChanges([]);
      const frame = await subject.otherProcess.readEvents({ eventTypes: ['click'] });
      expect(frame.count).toBe(0);
      expect(frame.userIds).toEqual([]);
      expect(await collected(subject.otherProcess.streamEvents())).toEqual([]);
      expect(await collected(subject.otherProcess.readItems())).toEqual([]);
      expect(await collected(subject.otherProcess.readUsers())).toEqual([]);
      expect(await collected(subject.otherProcess.streamCatalogChanges())).toEqual([]);
    });

    it('gives back every field of an event, whether it has the optional ones or not', async () => {
      const bare = loggedEvent('bare', { value: -2.25, timeMs: START_MS + 1 });
      const full = loggedEvent('full', {
        userId: userId('O\'Neil \u{1F600} "x"'),
        ordinal: ordinal(4_294_967_295),
        timeMs: START_MS + 2,
        receivedAtMs: START_MS + 99,
        slateId: slateId('s1'),
        position: 0,
        sessionId: '',
        surface: surfaceName('home'),
        cursor: '1767225600002-0',
      });
      await subject.log.appendEvents([full, bare]);
      expect(await collected(subject.otherProcess.streamEvents())).toEqual([bare, full]);
    });

    it('reads columns oldest first over all days, with the types and the window that were asked for', async () => {
      await subject.log.appendEvents([
        loggedEvent('e3', {
          timeMs: START_MS + 2 * DAY_MS,
          userId: userId('u2'),
          eventType: 'purchase',
          value: 9.5,
        }),
        loggedEvent('e1', { timeMs: START_MS, ordinal: ordinal(7) }),
      ]);
      await subject.log.appendEvents([
        loggedEvent('e2', { timeMs: START_MS + DAY_MS - 1, userId: userId('u2') }),
        loggedEvent('e4', { timeMs: START_MS + 2 * DAY_MS, eventType: 'impression' }),
      ]);
      const eventTypes = ['purchase', 'click'];
      expect(rowsOf(await subject.otherProcess.readEvents({ eventTypes }))).toEqual([
        { user: 'u1', ordinal: 7, type: 1, timeMs: START_MS, value: 1 },
        { user: 'u2', ordinal: 1, type: 1, timeMs: START_MS + DAY_MS - 1, value: 1 },
        { user: 'u2', ordinal: 1, type: 0, timeMs: START_MS + 2 * DAY_MS, value: 9.5 },
      ]);
      const window = { eventTypes, fromMs: START_MS + 1, toMs: START_MS + 2 * DAY_MS };
      expect(rowsOf(await subject.otherProcess.readEvents(window))).toMatchObject([
        { timeMs: START_MS + DAY_MS - 1 },
      ]);
      expect((await subject.otherProcess.readEvents({ eventTypes: [] })).count).toBe(0);
    });

    it('leaves out what came by the stream after a position', async () => {
      await subject.log.appendEvents([
        loggedEvent('imported', { ordinal: ordinal(1), timeMs: START_MS + 3 }),
        loggedEvent('before', { ordinal: ordinal(2), cursor: '999-7' }),
        loggedEvent('at', { ordinal: ordinal(3), timeMs: START_MS + 1, cursor: '1000-9' }),
        loggedEvent('after', { ordinal: ordinal(4), timeMs: START_MS + 2, cursor: '1000-10' }),
      ]);
      const read = async (upTo: string): Promise<number[]> => [
        ...(await subject.otherProcess.readEvents({ eventTypes: ['click'], upTo })).ordinals,
      ];
      expect(await read('1000-9')).toEqual([2, 3, 1]);
      expect(await read('1001-0')).toEqual([2, 3, 4, 1]);
      expect(await read('0')).toEqual([1]);
    });

    it('counts an event once, however often and wherever it was delivered', async () => {
      const event = loggedEvent('twice');
      await subject.log.appendEvents([event, event]);
      await subject.log.appendEvents([{ ...event, receivedAtMs: event.receivedAtMs + 1 }]);
      expect((await subject.otherProcess.readEvents({ eventTypes: ['click'] })).count).toBe(1);
      expect(await collected(subject.otherProcess.streamEvents())).toEqual([event]);
    });

    it('orders events of the same time the same way every time', async () => {
      const events = Array.from({ length: 50 }, (_, index) =>
        loggedEvent(`e${String((index * 37) % 50).padStart(2, '0')}`, {
          ordinal: ordinal((index * 37) % 50),
        }),
      );
      for (let start = 0; start < 50; start += 10)
        await subject.log.appendEvents(events.slice(start, start + 10));
      const frame = await subject.otherProcess.readEvents({ eventTypes: ['click'] });
      expect([...frame.ordinals]).toEqual(Array.from({ length: 50 }, (_, index) => index));
    });

    it('knows the newest state of every item that is not deleted, by ordinal', async () => {
      const attributes = { title: "L'été", genres: ['a', 'b'], price: 1.5, vector: [0.1, -2], gone: null };
      await subject.log.appendCatalogChanges([
        itemUpserted(3, { title: 'three' }),
        itemUpserted(1, { title: 'old' }),
        itemUpserted(2, { title: 'two' }),
      ]);
      await subject.log.appendCatalogChanges([
        itemUpserted(1, attributes, START_MS + 5),
        itemDeleted(2, START_MS + 6),
      ]);
      // Late news of an old state changes nothing.
      await subject.log.appendCatalogChanges([itemUpserted(1, { title: 'older' }, START_MS - 5)]);
      const items = await collected(subject.otherProcess.readItems());
      expect(items).toEqual([itemUpserted(1, attributes).item, itemUpserted(3, { title: 'three' }).item]);
    });

    it('lets the later one of two changes in the same millisecond win', async () => {
      await subject.log.appendCatalogChanges([itemUpserted(1, { v: 1 }), itemUpserted(1, { v: 2 })]);
      expect(await collected(subject.otherProcess.readItems())).toMatchObject([{ attributes: { v: 2 } }]);
      await subject.log.appendCatalogChanges([itemUpserted(1, { v: 3 })]);
      expect(await collected(subject.otherProcess.readItems())).toMatchObject([{ attributes: { v: 3 } }]);
    });

    it('streams catalogue changes in the order they happened', async () => {
      const changes = [
        itemUpserted(1, { v: 1 }),
        userUpserted('u1', { country: 'FR' }),
        itemUpserted(2, {}),
        itemDeleted(1, START_MS + 1),
      ];
      await subject.log.appendCatalogChanges(changes.slice(2));
      await subject.log.appendCatalogChanges(
        changes.slice(0, 2).map((change) => ({ ...change, changedAtMs: START_MS - 1 })),
      );
      const streamed = await collected(subject.otherProcess.streamCatalogChanges());
      expect(streamed.map(({ kind }) => kind)).toEqual([
        'item-upserted',
        'user-upserted',
        'item-upserted',
        'item-deleted',
      ]);
      expect(streamed.slice(2)).toEqual(changes.slice(2));
    });

    it('erases everything of one user and nothing of another', async () => {
      await subject.log.appendEvents([
        loggedEvent('a', { timeMs: START_MS }),
        loggedEvent('b', { timeMs: START_MS + DAY_MS }),
        loggedEvent('c', { timeMs: START_MS + DAY_MS, userId: userId('u2') }),
      ]);
      await subject.log.appendCatalogChanges([
        userUpserted('u1', { country: 'FR' }),
        userUpserted('u2', { country: 'DE' }),
        userUpserted('u2', { country: 'AT' }, START_MS + 1),
        itemUpserted(1, {}),
      ]);
      expect(await subject.log.eraseUser(userId('u1'))).toBe(3);
      expect(await subject.log.eraseUser(userId('u1'))).toBe(0);
      expect((await collected(subject.otherProcess.streamEvents())).map((event) => event.eventId)).toEqual([
        'c',
      ]);
      expect(await collected(subject.otherProcess.readUsers())).toEqual([
        { userId: 'u2', attributes: { country: 'AT' } },
      ]);
      expect(await collected(subject.otherProcess.readItems())).toHaveLength(1);
    });
  });
}
