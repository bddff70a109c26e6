import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, profile } from '../planted-world.fixture';
import { buildTrainingFrame } from './training-frame';

/** [user, ordinal, event type, time] */
type Row = readonly [number, number, number, number];

const frameOf = (rows: readonly Row[], more: object = {}) =>
  buildTrainingFrame({
    events: {
      count: rows.length,
      users: Uint32Array.from(rows, ([user]) => user),
      ordinals: Uint32Array.from(rows, ([, ordinal]) => ordinal),
      eventTypes: Uint8Array.from(rows, ([, , type]) => type),
      timesMs: Float64Array.from(rows, ([, , , time]) => time),
      values: new Float32Array(rows.length),
      userIds: ['first', 'second'],
    },
    eventTypes: EVENT_TYPES,
    historyCountMax: 2,
    profileSource: profile,
    ...more,
  });

const histories = (frame: ReturnType<typeof frameOf>): number[][] =>
  Array.from({ length: frame.queryCount }, (_, query) => [
    ...frame.ordinals.subarray(frame.historyFrom[query], frame.historyTo[query]),
  ]);

describe('the training frame', () => {
  it('gives each moment the newest events strictly before it', () => {
    const frame = frameOf([
      [0, 10, 0, 1],
      [1, 20, 0, 2],
      [0, 11, 0, 3],
      [0, 12, 0, 3],
      [0, 13, 0, 4],
    ]);
    expect(histories(frame)).toEqual([[], [10], [11, 12], []]);
    expect([...frame.queryUsers]).toEqual([0, 0, 0, 1]);
    expect([...frame.pairOrdinals]).toEqual([10, 11, 12, 13, 20]);
    expect([...frame.pairOffsets]).toEqual([0, 1, 3, 4, 5]);
  });

  it('asks for positive events only, but remembers the others', () => {
    const frame = frameOf([
      [0, 10, 1, 1],
      [0, 11, 0, 2],
    ]);
    expect([...frame.pairOrdinals]).toEqual([11]);
    expect(histories(frame)).toEqual([[10]]);
    expect(frame.eventTypes[0]).toBe(1);
  });

  it('does not ask again for what counts as seen', () => {
    const frame = frameOf([
      [0, 10, 0, 1],
      [0, 11, 0, 2],
      [0, 10, 0, 3],
      [1, 10, 0, 4],
    ]);
    expect([...frame.pairOrdinals]).toEqual([10, 11, 10]);
    expect([...frame.queryUsers]).toEqual([0, 0, 1]);
  });

  it('asks again where seeing does not settle it', () => {
    const eventTypes = [{ ...EVENT_TYPES[0], countsAsSeen: false }];
    const rows: Row[] = [
      [0, 10, 0, 1],
      [0, 10, 0, 2],
    ];
    expect([...frameOf(rows, { eventTypes }).pairOrdinals]).toEqual([10, 10]);
  });

  it('halves the weight of pairs per half-life before the newest event', () => {
    const frame = frameOf(
      [
        [0, 10, 0, 0],
        [0, 11, 0, 100],
      ],
      { pairHalfLifeMs: 100 },
    );
    expect([...frame.pairWeights]).toEqual([0.5, 1]);
  });
});
