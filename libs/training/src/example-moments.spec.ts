import { seededRandom, type Description } from '@winnow/domain';
import { expect, it } from 'vitest';
import { exampleMoments } from './example-moments';

const MINUTE_MS = 60_000;
const VIEW = 0;
const CLICK = 1;

/** Events as [user, item, type, minute], oldest first. */
function momentsOf(
  rows: readonly (readonly [number, number, number, number])[],
  { fromIndex = 0, queryCountMax = 100 } = {},
): number[] {
  const events = {
    count: rows.length,
    users: Uint32Array.from(rows, ([user]) => user),
    ordinals: Uint32Array.from(rows, ([, item]) => item),
    eventTypes: Uint8Array.from(rows, ([, , type]) => type),
    timesMs: Float64Array.from(rows, ([, , , minute]) => minute * MINUTE_MS),
    values: new Float32Array(rows.length),
    userIds: [],
  };
  const description = {
    events: [
      { name: 'view', sentiment: 'neutral' },
      { name: 'click', sentiment: 'positive' },
    ],
    training: { ranker: { queryCountMax } },
  } as unknown as Description;
  return exampleMoments({ frame: { events }, description, fromIndex, random: seededRandom(1) });
}

it('a moment lies before the view that led to the click, so that the history does not give the answer away', () => {
  expect(
    momentsOf([
      [1, 5, VIEW, 0],
      [1, 7, VIEW, 10],
      [1, 7, VIEW, 12],
      [1, 7, CLICK, 13],
    ]),
  ).toEqual([1]);
});

it('a view of another day, of another item or by somebody else leads to nothing', () => {
  const rows = [
    [1, 7, VIEW, 0],
    [2, 7, VIEW, 199],
    [1, 8, VIEW, 199],
    [1, 7, CLICK, 200],
  ] as const;
  expect(momentsOf(rows)).toEqual([3]);
});

it('what is only looked at makes no moment, and what is taken at once makes one', () => {
  const rows = [
    [1, 5, VIEW, 0],
    [1, 6, CLICK, 60],
    [1, 7, CLICK, 60],
    [2, 6, CLICK, 60],
  ] as const;
  expect(momentsOf(rows)).toEqual([1, 3]);
});

it('begins where it is told to, and keeps a sample in the order of time', () => {
  const rows = Array.from({ length: 50 }, (_, at) => [at, 1, CLICK, at] as const);
  expect(momentsOf(rows, { fromIndex: 45 })).toEqual([45, 46, 47, 48, 49]);
  const sample = momentsOf(rows, { queryCountMax: 10 });
  expect(sample).toHaveLength(10);
  expect(sample).toEqual([...sample].sort((left, right) => left - right));
});
