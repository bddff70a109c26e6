import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { slateId, surfaceName, userId, type StreamCursor, type TrackedEvent } from '@winnow/domain';
import { trackedEvent, type OnlineStoreSubject } from './online-store-subject';

const SOON = { timeout: 5_000, interval: 5 };

const idsOf = (events: readonly TrackedEvent[]): string[] => events.map(({ eventId }) => eventId);

/** What the durable stream, its feed and its consumer groups promise; each adapter and the fake run it. */
export function describeEventStream(name: string, make: () => Promise<OnlineStoreSubject>): void {
  describe(`event stream: ${name}`, () => {
    let subject: OnlineStoreSubject;
    beforeEach(async () => {
      subject = await make();
    });
    afterEach(() => subject.close());

    const tailed = (cursor: StreamCursor): { events: TrackedEvent[]; cursors: StreamCursor[] } => {
      const got = { events: [] as TrackedEvent[], cursors: [] as StreamCursor[] };
      subject.eventFeed.tail(cursor, (events, position) => {
        got.events.push(...events);
        got.cursors.push(position);
      });
      return got;
    };

    it('gives every event a verdict, in order, and takes a repeated id once', async () => {
      const [first, second] = [trackedEvent(), trackedEvent()];
      expect(await subject.events.append([first, second, first])).toEqual([
        { status: 'accepted' },
        { status: 'accepted' },
        { status: 'duplicate' },
      ]);
      expect(await subject.events.append([second])).toEqual([{ status: 'duplicate' }]);
      const got = tailed('0');
      await vi.waitFor(() => expect(idsOf(got.events)).toEqual(idsOf([first, second])), SOON);
    });

    it('takes nothing when nothing is given', async () => {
      expect(await subject.events.append([])).toEqual([]);
      expect(await subject.eventFeed.head()).toBe('0');
    });

    it('hands events on exactly as they were accepted', async () => {
      const full: TrackedEvent = {
        ...trackedEvent({ user: 'zoë "quoted"\n', value: 0.1 }),
        slateId: slateId('slate-1'),
        position: 0,
        sessionId: 'session 🙂',
        surface: surfaceName('home'),
      };
      const bare = trackedEvent();
      const got = tailed('0');
      await subject.events.append([full, bare]);
      await vi.waitFor(() => expect(got.events).toMatchObject([full, bare]), SOON);
    });

    it('takes batches of thousands and keeps their order', async () => {
      const events = Array.from({ length: 3_500 }, (_, index) => trackedEvent({ item: index }));
      const verdicts = await subject.events.append(events);
      expect(verdicts).toHaveLength(3_500);
      expect(verdicts.every(({ status }) => status === 'accepted')).toBe(true);
      const got = tailed('0');
      await vi.waitFor(() => expect(got.events).toHaveLength(3_500), SOON);
      expect(idsOf(got.events)).toEqual(idsOf(events));
    });

    it('tails from after a cursor: the head sees only what comes later, a remembered one goes on where it was', async () => {
      await subject.events.append([trackedEvent({ id: 'old' })]);
      const fromHead = tailed(await subject.eventFeed.head());
      const fromStart = tailed('0');
      await vi.waitFor(() => expect(idsOf(fromStart.events)).toEqual(['old']), SOON);
      await subject.events.append([trackedEvent({ id: 'new' })]);
      await vi.waitFor(() => expect(idsOf(fromHead.events)).toEqual(['new']), SOON);
      const resumed = tailed(fromStart.cursors[0]);
      await vi.waitFor(() => expect(idsOf(resumed.events)).toEqual(['new']), SOON);
    });

    it('calls back no more once a tail is stopped', async () => {
      const seen: string[] = [];
      const tail = subject.eventFeed.tail('0', (events) => seen.push(...idsOf(events)));
      await subject.events.append([trackedEvent({ id: 'before' })]);
      await vi.waitFor(() => expect(seen).toEqual(['before']), SOON);
      await tail.stop();
      await subject.events.append([trackedEvent({ id: 'after' })]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(seen).toEqual(['before']);
    });

    it('delivers every event to every group, what was there before the group included', async () => {
      await subject.events.append([trackedEvent({ id: 'early' })]);
      const got: Record<string, string[]> = { left: [], right: [] };
      for (const group of ['left', 'right'])
        subject.eventConsumer({ group }).run(async (events) => void got[group].push(...idsOf(events)));
      await subject.events.append([trackedEvent({ id: 'late' })]);
      await vi.waitFor(
        () => expect(got).toEqual({ left: ['early', 'late'], right: ['early', 'late'] }),
        SOON,
      );
    });

    it('shares a group out between its members: each event goes to one of them', async () => {
      const [one, other]: string[][] = [[], []];
      subject.eventConsumer({ group: 'shared' }).run(async (events) => void one.push(...idsOf(events)));
      subject.eventConsumer({ group: 'shared' }).run(async (events) => void other.push(...idsOf(events)));
      const events = Array.from({ length: 200 }, () => trackedEvent());
      for (let start = 0; start < events.length; start += 20)
        await subject.events.append(events.slice(start, start + 20));
      await vi.waitFor(() => expect(one.length + other.length).toBe(200), SOON);
      expect([...one, ...other].sort()).toEqual(idsOf(events).sort());
    });

    it('delivers again what a handler failed on, and goes on from there', async () => {
      const handled: string[] = [];
      let failures = 2;
      subject.eventConsumer({ group: 'retry', retryFirstMs: 5 }).run(async (events) => {
        if (failures > 0) {
          failures -= 1;
          throw new Error('not yet');
        }
        handled.push(...idsOf(events));
      });
      await subject.events.append([trackedEvent({ id: 'one' })]);
      await vi.waitFor(() => expect(handled).toEqual(['one']), SOON);
      await subject.events.append([trackedEvent({ id: 'two' })]);
      await vi.waitFor(() => expect(handled).toEqual(['one', 'two']), SOON);
    });

    it('puts an event that fails on its own aside after its deliveries, and handles the ones beside it', async () => {
      const handled = new Set<string>();
      let attempts = 0;
      await subject.events.append(['a', 'b', 'poison', 'c', 'd'].map((id) => trackedEvent({ id })));
      subject.eventConsumer({ group: 'poisoned', deliveriesMax: 3, retryFirstMs: 5 }).run(async (events) => {
        if (idsOf(events).includes('poison')) {
          if (events.length === 1) attempts += 1;
          throw new Error('cannot digest');
        }
        for (const id of idsOf(events)) handled.add(id);
      });
      await vi.waitFor(async () => expect(await subject.deadLetters.count()).toBe(1), SOON);
      await vi.waitFor(() => expect([...handled].sort()).toEqual(['a', 'b', 'c', 'd']), SOON);
      expect(attempts).toBeGreaterThanOrEqual(2);
      await subject.events.append([trackedEvent({ id: 'e' })]);
      await vi.waitFor(() => expect(handled.has('e')).toBe(true), SOON);
      expect(await subject.deadLetters.count()).toBe(1);
    });

    it('resumes a group where its last member stopped', async () => {
      const first: string[] = [];
      const member = subject
        .eventConsumer({ group: 'resuming' })
        .run(async (events) => void first.push(...idsOf(events)));
      await subject.events.append([trackedEvent({ id: 'one' })]);
      await vi.waitFor(() => expect(first).toEqual(['one']), SOON);
      await member.stop();
      await subject.events.append([trackedEvent({ id: 'two' })]);
      const second: string[] = [];
      subject.eventConsumer({ group: 'resuming' }).run(async (events) => void second.push(...idsOf(events)));
      await vi.waitFor(() => expect(second).toEqual(['two']), SOON);
      expect(first).toEqual(['one']);
    });

    it('takes the events of an erased user out of the stream, and takes none that were received before', async () => {
      const receivedAtMs = Date.now();
      await subject.events.append([
        trackedEvent({ id: 'ada-1', receivedAtMs }),
        trackedEvent({ id: 'ben-1', user: 'ben' }),
        trackedEvent({ id: 'ada-2', receivedAtMs }),
      ]);
      const erased = await subject.catalog.deleteUser(userId('ada'));
      expect(erased.find(({ store }) => store === 'event-stream')?.count).toBe(2);
      await subject.events.append([trackedEvent({ id: 'ada-late', receivedAtMs })]);
      await subject.events.append([trackedEvent({ id: 'ada-again', receivedAtMs: Date.now() + 1_000 })]);
      const got = tailed('0');
      await vi.waitFor(() => expect(idsOf(got.events)).toEqual(['ben-1', 'ada-again']), SOON);
    });
  });
}
