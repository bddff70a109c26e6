import { ordinal, seededRandom, type EventColumns } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { FILM_DESCRIPTION } from '../catalogue.fixture';
import { ItemCounters } from '../counters/item-counters';
import { PointInTimeReplay } from './point-in-time-replay';

interface Event {
  readonly user: number;
  readonly item: number;
  readonly type?: number;
  readonly timeMs: number;
}

const columns = (events: readonly Event[]): EventColumns => ({
  count: events.length,
  users: Uint32Array.from(events, ({ user }) => user),
  ordinals: Uint32Array.from(events, ({ item }) => item),
  eventTypes: Uint8Array.from(events, ({ type }) => type ?? 0),
  timesMs: Float64Array.from(events, ({ timeMs }) => timeMs),
  values: new Float32Array(events.length).fill(1),
  userIds: Array.from(
    { length: Math.max(...events.map(({ user }) => user)) + 1 },
    (_, user) => `user-${user}`,
  ),
});

const replayOf = (events: readonly Event[]): PointInTimeReplay =>
  new PointInTimeReplay({ events: columns(events), description: FILM_DESCRIPTION });

describe('PointInTimeReplay', () => {
  it('shows at every stop exactly what happened strictly before', () => {
    const random = seededRandom(8);
    const events: Event[] = Array.from({ length: 400 }, (_, index) => ({
      user: Math.floor(random() * 9),
      item: Math.floor(random() * 30),
      type: Math.floor(random() * 3),
      timeMs: Math.floor(index / 4) * 1_000,
    }));
    const replay = replayOf(events);
    for (let index = 0; index < events.length; index += 7) {
      replay.advanceTo(index);
      const before = events.filter(({ timeMs }) => timeMs < events[index].timeMs);
      expect(replay.visibleEventCount).toBe(before.length);
      for (let user = 0; user < 9; user += 1) {
        const own = before.filter((event) => event.user === user);
        expect(replay.history(user)).toEqual(
          own.slice(-3).map(({ item, type, timeMs }) => ({
            ordinal: ordinal(item),
            eventType: type,
            timeMs,
            value: 1,
          })),
        );
        const seen = own.filter(({ type }) => type !== 1).map(({ item }) => item);
        expect(Array.from(replay.seen(user))).toEqual([...new Set(seen)].sort((a, b) => a - b));
        expect(replay.interactionCount(user)).toBe(own.length);
      }
      for (let item = 0; item < 30; item += 1)
        expect(replay.counters.total(item)).toBe(
          before.filter((event) => event.item === item && event.type === 0).length,
        );
    }
  });

  it('never lets a planted future event be seen, by history, seen items or counters', () => {
    const PLANTED = 77;
    const replay = replayOf([
      { user: 0, item: 1, timeMs: 10 },
      { user: 0, item: 2, timeMs: 20 },
      { user: 0, item: PLANTED, timeMs: 20.001 },
    ]);
    replay.advanceTo(1);
    expect(replay.history(0).map((interaction) => interaction.ordinal)).toEqual([1]);
    replay.advanceTo(2);
    expect(replay.history(0).map((interaction) => interaction.ordinal)).toEqual([1, 2]);
    expect(Array.from(replay.seen(0))).not.toContain(PLANTED);
    expect(replay.counters.total(PLANTED)).toBe(0);
    expect(replay.counters.share(PLANTED, 0, 1e12)).toBe(0);
    replay.advanceToTime(Infinity);
    expect(replay.counters.total(PLANTED)).toBe(1);
  });

  it('hides events of one moment from each other', () => {
    const replay = replayOf([
      { user: 0, item: 1, timeMs: 5 },
      { user: 0, item: 2, timeMs: 5 },
      { user: 1, item: 3, timeMs: 5 },
    ]);
    for (const index of [0, 1, 2]) {
      replay.advanceTo(index);
      expect(replay.visibleEventCount).toBe(0);
      expect(replay.history(0)).toEqual([]);
    }
  });

  it('goes on from counters of an earlier window', () => {
    const counters = new ItemCounters({ halfLivesHours: [24, 240] });
    counters.apply(5, 0, 1);
    const replay = new PointInTimeReplay({
      events: columns([{ user: 0, item: 5, timeMs: 10 }]),
      description: FILM_DESCRIPTION,
      counters,
    });
    replay.advanceTo(1);
    expect(replay.counters.total(5)).toBe(2);
  });

  it('only goes forwards, over events in order', () => {
    const replay = replayOf([
      { user: 0, item: 1, timeMs: 5 },
      { user: 0, item: 2, timeMs: 6 },
    ]);
    replay.advanceTo(1);
    replay.advanceTo(1);
    expect(() => replay.advanceTo(0)).toThrow('only goes forwards');
    expect(() =>
      replayOf([
        { user: 0, item: 1, timeMs: 5 },
        { user: 0, item: 2, timeMs: 4 },
      ]),
    ).toThrow('ordered by time');
  });
});
