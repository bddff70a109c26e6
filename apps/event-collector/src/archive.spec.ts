import { describe, expect, it } from 'vitest';
import {
  releaseVersion,
  slateId,
  surfaceName,
  userId,
  type EventLogWriter,
  type ServedSlate,
  type SlateLogWriter,
  type TrackedEvent,
  type UserId,
} from '@winnow/domain';
import { InMemoryEventLog, trackedEvent } from '@winnow/testing';
import { Archive } from './archive';

const ADA = userId('ada');

/** No slate is expected. */
const slateLog: SlateLogWriter = { append: () => Promise.reject(new Error('a slate was written')) };

const slateOf = (id: string, user: UserId, servedAtMs: number): ServedSlate => ({
  slateId: slateId(id),
  userId: user,
  sessionId: '',
  surface: surfaceName('home'),
  release: releaseVersion('20260101T000000Z-000001'),
  servedAtMs,
  degraded: [],
  arms: [],
  items: [],
});

const logged = async (log: InMemoryEventLog): Promise<string[]> => {
  const users: string[] = [];
  for await (const events of log.streamEvents()) users.push(...events.map((event) => event.userId));
  for await (const users_ of log.readUsers()) users.push(...users_.map((user) => user.userId));
  return users.sort();
};

describe('the archive', () => {
  it('writes nothing that was received before its user was erased, and everything after', async () => {
    const log = new InMemoryEventLog();
    const marks = new Map<UserId, number>([[ADA, 1_000]]);
    const archive = new Archive({ eventLog: log, slateLog, erasedAtMs: async () => marks });
    await archive.appendEvents([
      trackedEvent({ receivedAtMs: 1_000 }),
      trackedEvent({ user: 'ben', receivedAtMs: 900 }),
    ]);
    await archive.appendCatalogChanges([
      { kind: 'user-upserted', userId: ADA, attributes: { country: 'PT' }, changedAtMs: 999 },
    ]);
    expect(await logged(log)).toEqual(['ben']);
    await archive.appendEvents([trackedEvent({ receivedAtMs: 1_001 })]);
    expect(await logged(log)).toEqual(['ada', 'ben']);
  });

  it('takes rows out again when the erasure came while they were being written', async () => {
    const log = new InMemoryEventLog();
    const marks = new Map<UserId, number>();
    const eventLog: EventLogWriter = {
      appendEvents: async (events: readonly TrackedEvent[]) => {
        // The erasure runs whole between our look at the marks and our rows' arrival.
        marks.set(ADA, Date.now() + 1);
        await log.eraseUser(ADA);
        await log.appendEvents(events);
      },
      appendCatalogChanges: (changes) => log.appendCatalogChanges(changes),
      eraseUser: (user) => log.eraseUser(user),
    };
    const archive = new Archive({ eventLog, slateLog, erasedAtMs: async () => new Map(marks) });
    await archive.appendEvents([trackedEvent(), trackedEvent({ user: 'ben' })]);
    expect(await logged(log)).toEqual(['ben']);
  });

  it('writes the slates of users who stayed, and of others only what was served after their erasure', async () => {
    const written: string[] = [];
    const archive = new Archive({
      eventLog: new InMemoryEventLog(),
      slateLog: { append: async (slates) => void written.push(...slates.map((slate) => slate.slateId)) },
      erasedAtMs: async () => new Map([[ADA, 1_000]]),
    });
    await archive.appendSlates([slateOf('before', ADA, 999), slateOf('other', userId('ben'), 999)]);
    await archive.appendSlates([slateOf('after', ADA, 1_001)]);
    expect(written).toEqual(['other', 'after']);
  });

  it('asks about no user when changes are of items only', async () => {
    const log = new InMemoryEventLog();
    const archive = new Archive({
      ...{ eventLog: log, slateLog },
      erasedAtMs: () => Promise.reject(new Error('should not be asked')),
    });
    await archive.appendCatalogChanges([
      { kind: 'item-deleted', ordinal: 1 as never, itemId: 'x' as never, changedAtMs: 1 },
    ]);
    const changes = [];
    for await (const page of log.streamCatalogChanges()) changes.push(...page);
    expect(changes).toHaveLength(1);
  });
});
