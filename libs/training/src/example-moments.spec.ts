import { seededRandom, type Description } from '@winnow/domain';
import { expect, it } from 'vitest';
import { exampleMoments, type ExampleMoment } from './example-moments';
import type { ShownFrame } from './shown/shown-frame';

const MINUTE_MS = 60_000;
const VIEW = 0;
const CLICK = 1;

type Rows = readonly (readonly [number, number, number, number])[];
interface MomentOptions {
  readonly fromIndex?: number;
  readonly queryCountMax?: number;
  readonly shown?: ShownFrame;
}

/** Events as [user, item, type, minute], oldest first. */
const momentsOf = (rows: Rows, options: MomentOptions = {}): number[] =>
  fullMomentsOf(rows, options).map(({ event }) => event);

function fullMomentsOf(
  rows: Rows,
  { fromIndex = 0, queryCountMax = 100, shown }: MomentOptions,
): ExampleMoment[] {
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
  return exampleMoments({ frame: { events }, description, shown, fromIndex, random: seededRandom(1) });
}

/** Slates as [user, minute, [item, minute at which it was taken or NaN] …]. */
function slates(rows: readonly (readonly [number, number, ...(readonly [number, number][])])[]): ShownFrame {
  const items = rows.flatMap(([, , ...own]) => own);
  const ends = rows.map((_, row) => rows.slice(0, row + 1).reduce((sum, own) => sum + own.length - 2, 0));
  return {
    count: rows.length,
    users: Uint32Array.from(rows, ([user]) => user),
    servedAtMs: Float64Array.from(rows, ([, minute]) => minute * MINUTE_MS),
    offsets: Uint32Array.from([0, ...ends]),
    ordinals: Uint32Array.from(items, ([item]) => item),
    positions: new Uint8Array(items.length),
    takenAtMs: Float64Array.from(items, ([, minute]) => minute * MINUTE_MS),
  };
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

it('a slate from which something was taken is one moment, before all that its reader did with it', () => {
  const rows = [
    [1, 3, CLICK, 0],
    [1, 7, VIEW, 21],
    [1, 7, CLICK, 22],
    [1, 9, CLICK, 24],
    [1, 4, CLICK, 90],
  ] as const;
  const shown = slates([
    [1, 20, [7, 22], [8, NaN], [9, 24]],
    [1, 30, [5, NaN]],
  ]);
  // What was taken from no slate makes moments of its own, and a slate that was left alone makes none.
  expect(fullMomentsOf(rows, { shown })).toEqual([
    { event: 0, user: 1, timeMs: 0, slate: null },
    { event: 1, user: 1, timeMs: 20 * MINUTE_MS, slate: 0 },
    { event: 4, user: 1, timeMs: 90 * MINUTE_MS, slate: null },
  ]);
});

it('what is taken from a slate only after the frame has ended is not known yet', () => {
  const shown = slates([[1, 5, [7, 60]]]);
  expect(fullMomentsOf([[2, 3, CLICK, 10]], { shown }).map(({ user }) => user)).toEqual([2]);
});

it('where nothing is known of slates, moments are drawn as if nobody had asked', () => {
  const rows = Array.from({ length: 50 }, (_, at) => [at, 1, CLICK, at] as const);
  expect(momentsOf(rows, { queryCountMax: 10, shown: slates([]) })).toEqual(
    momentsOf(rows, { queryCountMax: 10 }),
  );
});
