import { eventId, itemId, ordinal, userId, type StreamCursor, type TrackedEvent } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { FILM_DESCRIPTION } from '../catalogue.fixture';
import { ItemCounters } from '../counters/item-counters';
import { ArrivalReplay } from './arrival-replay';

const positive = FILM_DESCRIPTION.events.find(({ sentiment }) => sentiment === 'positive')!;

let made = 0;
const event = (item: number, timeMs: number, cursor?: StreamCursor, type = positive.name): TrackedEvent => ({
  eventId: eventId(`e${(made += 1)}`),
  userId: userId('u'),
  ...{ itemId: itemId(`i${item}`), ordinal: ordinal(item), eventType: type },
  ...{ timeMs, receivedAtMs: timeMs, value: 1, ...(cursor && { cursor }) },
});

async function* inOneBatch(events: readonly TrackedEvent[]) {
  yield events;
}

const replayOf = (
  events: readonly TrackedEvent[],
  extra: Partial<Parameters<typeof ArrivalReplay.read>[1]> = {},
): Promise<ArrivalReplay> =>
  ArrivalReplay.read(inOneBatch(events), { description: FILM_DESCRIPTION, recentCountMax: 200, ...extra });

const itemsOf = (replay: ArrivalReplay, upTo: StreamCursor | null): number[] =>
  replay.history('u', upTo).map((interaction) => interaction.ordinal);

describe('a replay by arrival', () => {
  it('knows what was heard of by then, late events and those of the future included', async () => {
    const log = [event(1, 50), event(2, 900, '10-0'), event(3, 10, '10-2'), event(4, 60, '11-0')];
    const replay = await replayOf([log[3], log[1], log[0], log[2]]);
    expect(itemsOf(replay, null)).toEqual([1]);
    expect(itemsOf(replay, '10-1')).toEqual([1, 2]);
    expect(itemsOf(replay, '10-2')).toEqual([3, 1, 2]);
    expect(itemsOf(replay, '11-0')).toEqual([3, 1, 4, 2]);
    expect(replay.history('nobody', '11-0')).toEqual([]);
  });

  it('has the counters of a process that applied the same events in another order', async () => {
    const log = Array.from({ length: 300 }, (_, index) =>
      event(index % 7, 1_000_000 + ((index * 7_919) % 300) * 60_000, `5-${index}`),
    );
    const replay = await replayOf(log);
    const served = new ItemCounters({ halfLivesHours: FILM_DESCRIPTION.training.trendingHalfLifeHours });
    for (const upTo of [99, 299]) {
      replay.advanceTo(`5-${upTo}`);
      for (const one of log.slice(upTo === 99 ? 0 : 100, upTo + 1).reverse())
        served.apply(one.ordinal, one.timeMs, positive.value);
      for (let item = 0; item < 7; item += 1)
        expect(replay.counters.share(item, 0, 30_000_000)).toBeCloseTo(served.share(item, 0, 30_000_000), 12);
    }
    expect(() => replay.advanceTo('5-7')).toThrow('only goes forwards');
  });

  it('counts no event that it is told not to, nor one of a type that nobody described', async () => {
    const log = [event(1, 5), event(2, 50, '3-0'), event(3, 60, '4-0', 'impression')];
    const replay = await replayOf(log, { counts: ({ timeMs }) => timeMs >= 10 });
    replay.advanceTo('9-0');
    expect([1, 2, 3].map((item) => replay.counters.total(item))).toEqual([0, positive.value, 0]);
    expect(itemsOf(replay, '9-0')).toEqual([1, 2]);
  });

  it('remembers of a user no more than the record does', async () => {
    const log = Array.from({ length: 10 }, (_, index) => event(index, 100 - index, `1-${index}`));
    expect(itemsOf(await replayOf(log, { recentCountMax: 3 }), '1-9')).toEqual([2, 1, 0]);
  });
});
