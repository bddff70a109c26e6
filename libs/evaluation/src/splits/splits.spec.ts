import { seededRandom } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { globalTimeSplit } from './global-time-split';
import { firstOfEachPair, type InteractionLog } from './interaction-log';
import { leaveOneOutSplit } from './leave-one-out-split';

type Row = readonly [user: number, ordinal: number, timeMs: number];

const logOf = (rows: readonly Row[]): InteractionLog => ({
  users: Uint32Array.from(rows, ([user]) => user),
  ordinals: Uint32Array.from(rows, ([, ordinal]) => ordinal),
  timesMs: Float64Array.from(rows, ([, , timeMs]) => timeMs),
});

const rowsOf = (log: InteractionLog): Row[] =>
  Array.from(log.users, (user, index) => [user, log.ordinals[index], log.timesMs[index]]);

describe('globalTimeSplit', () => {
  it('cuts at one moment for everybody: worked by hand', () => {
    const rows: Row[] = [
      [0, 1, 0],
      [0, 2, 1],
      [1, 1, 2],
      [1, 2, 3],
      [2, 7, 4],
      [0, 3, 5],
      [1, 3, 6],
      [0, 9, 7],
      // validation
      [1, 7, 8],
      // test
      [0, 2, 9],
    ];
    const split = globalTimeSplit(logOf(rows), { itemEventsMin: 1, userEventsMin: 3 });
    expect(rowsOf(split.valid.past)).toEqual(rows.slice(0, 8));
    expect(rowsOf(split.test.past)).toEqual(rows.slice(0, 9));
    expect(split.valid.startMs).toBe(8);
    expect(split.valid.cases).toEqual([
      {
        user: 1,
        history: Uint32Array.of(1, 2, 3),
        historyTimesMs: Float64Array.of(2, 3, 6),
        relevant: Uint32Array.of(7),
      },
    ]);
    // The user had item 2 before, so nothing is new in the test window.
    expect(split.test.cases).toEqual([]);
  });

  it('holds to the protocol on random logs', () => {
    const random = seededRandom(12);
    const rows: Row[] = Array.from({ length: 2_000 }, (_, index) => [
      Math.floor(random() * random() * 80),
      Math.floor(random() * random() * 150),
      index,
    ]);
    const { test } = globalTimeSplit(logOf(rows));
    const past = rows.slice(0, 1_800);
    const window = rows.slice(1_800);
    const count = (item: number): number => past.filter(([, ordinal]) => ordinal === item).length;
    const vocabulary = [...new Set(past.map(([, ordinal]) => ordinal))].filter((item) => count(item) >= 5);
    expect(Array.from(test.vocabulary)).toEqual(vocabulary.sort((a, b) => a - b));
    const known = new Set(vocabulary);
    expect(test.leftOutShare).toBeCloseTo(window.filter(([, item]) => !known.has(item)).length / 200);
    const expected = new Map<number, number[]>();
    for (const user of new Set(window.map(([user]) => user))) {
      const history = past.filter((row) => row[0] === user).map(([, item]) => item);
      if (history.filter((item) => known.has(item)).length < 5) continue;
      const fresh = window
        .filter((row) => row[0] === user)
        .map(([, item]) => item)
        .filter((item) => known.has(item) && !history.includes(item));
      if (fresh.length > 0) expected.set(user, [...new Set(fresh)]);
    }
    expect(expected.size).toBeGreaterThan(5);
    expect(new Map(test.cases.map(({ user, relevant }) => [user, Array.from(relevant)]))).toEqual(expected);
    for (const { historyTimesMs } of test.cases)
      for (const timeMs of historyTimesMs) expect(timeMs).toBeLessThan(test.startMs);
  });

  it('teaches baselines from vocabulary items and users with several of them', () => {
    const rows: Row[] = [
      [0, 1, 0],
      [0, 2, 1],
      [1, 1, 2],
      [1, 9, 3],
      [2, 1, 4],
      [2, 2, 5],
      [0, 2, 6],
      [1, 2, 7],
      [5, 5, 8],
      [5, 6, 9],
    ];
    const { valid } = globalTimeSplit(logOf(rows), {
      itemEventsMin: 2,
      userEventsMin: 1,
      matrixUserEventsMin: 3,
    });
    expect(Array.from(valid.vocabulary)).toEqual([1, 2]);
    expect(rowsOf(valid.matrix)).toEqual(rows.slice(0, 8).filter(([user]) => user === 0));
  });

  it('refuses shares that leave nothing to test on, and logs out of order', () => {
    const log = logOf([[0, 0, 5]]);
    expect(() => globalTimeSplit(log, { train: 0.9, valid: 0.1 })).toThrow('leave something to test on');
    expect(() =>
      globalTimeSplit(
        logOf([
          [0, 0, 5],
          [0, 0, 4],
        ]),
      ),
    ).toThrow('ordered by time');
  });
});

describe('firstOfEachPair', () => {
  it('keeps the first interaction of every user with every item', () => {
    const rows: Row[] = [
      [0, 1, 0],
      [1, 1, 1],
      [0, 1, 2],
      [0, 2, 3],
      [1, 1, 4],
    ];
    expect(rowsOf(firstOfEachPair(logOf(rows)))).toEqual([rows[0], rows[1], rows[3]]);
  });
});

describe('leaveOneOutSplit', () => {
  it('keeps the last two of each user apart; test histories include the validation item', () => {
    const rows: Row[] = [
      [0, 1, 0],
      [1, 5, 1],
      [0, 2, 2],
      [0, 3, 3],
      [1, 6, 4],
      [0, 4, 5],
    ];
    const split = leaveOneOutSplit(logOf(rows));
    expect(rowsOf(split.train)).toEqual([rows[0], rows[1], rows[2], rows[4]]);
    expect(split.valid.map(({ history, relevant }) => [Array.from(history), Array.from(relevant)])).toEqual([
      [[1, 2], [3]],
    ]);
    expect(split.test.map(({ history, relevant }) => [Array.from(history), Array.from(relevant)])).toEqual([
      [[1, 2, 3], [4]],
    ]);
    expect(Array.from(split.vocabulary)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
