import { ordinal, type QueryFeatures } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { ProfileEncoder } from './profile-encoder';

const encoder = new ProfileEncoder([
  { name: 'plan', type: 'category' },
  { name: 'tastes', type: 'categories' },
  { name: 'age', type: 'number' },
  { name: 'face', type: 'embedding', dimension: 2 },
]);

const query = (changes: Partial<QueryFeatures> = {}): QueryFeatures => ({
  history: [],
  seedOrdinals: [],
  userAttributes: {},
  context: {},
  nowMs: Date.UTC(2026, 10, 21, 7, 35),
  ...changes,
});

const rowsOf = (changes: Partial<QueryFeatures> = {}): number[] =>
  Array.from(encoder.encode(query(changes)).rows);

/** Rows of time and activity, which every query has. */
const PLAIN = 3;

describe('ProfileEncoder', () => {
  it('places hour, weekday and activity, and nothing more, for an unknown user', () => {
    const rows = rowsOf();
    expect(rows).toHaveLength(PLAIN);
    const hours = Array.from({ length: 24 }, (_, hour) => rowsOf({ nowMs: Date.UTC(2026, 10, 21, hour) })[0]);
    expect(new Set(hours).size).toBe(24);
    const weekdays = Array.from(
      { length: 7 },
      (_, day) => rowsOf({ nowMs: Date.UTC(2026, 10, 15 + day) })[1],
    );
    // 2026-11-15 is a Sunday; days of the week are consecutive rows from Sunday.
    expect(weekdays.map((row) => row - weekdays[0])).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('gives each value of an attribute its row, and shares the weight among several', () => {
    const bag = encoder.encode(query({ userAttributes: { plan: 'pro', tastes: ['a', 'b', 'c', 'd'] } }));
    expect(bag.rows).toHaveLength(PLAIN + 5);
    expect(Array.from(bag.weights)).toEqual([1, 0.25, 0.25, 0.25, 0.25, 1, 1, 1]);
    expect(rowsOf({ userAttributes: { plan: 'pro' } })[0]).toBe(bag.rows[0]);
    expect(rowsOf({ userAttributes: { plan: 'free' } })[0]).not.toBe(bag.rows[0]);
  });

  it('bins numbers, so that near ages share a row and far ones do not', () => {
    const ageRow = (age: number): number => rowsOf({ userAttributes: { age } })[0];
    expect(ageRow(40)).toBe(ageRow(41));
    expect(ageRow(20)).not.toBe(ageRow(40));
    expect(ageRow(-5)).not.toBe(ageRow(5));
  });

  it('tells device, country and free context apart', () => {
    const device = rowsOf({ context: { device: 'NL' } })[0];
    const country = rowsOf({ context: { country: 'NL' } })[0];
    const free = rowsOf({ context: { theme: 'NL' } })[0];
    expect(new Set([device, country, free]).size).toBe(3);
    expect(rowsOf({ context: { country: 'nl' } })[0]).toBe(country);
  });

  it('ignores values that do not fit, and counts activity by powers of two', () => {
    expect(rowsOf({ userAttributes: { plan: 5, age: 'old', face: [1, 2] } })).toHaveLength(PLAIN);
    const history = (length: number): number =>
      rowsOf({
        history: Array.from({ length }, (_, index) => ({
          ordinal: ordinal(index),
          eventType: 0,
          timeMs: 0,
          value: 1,
        })),
      })[2];
    expect(history(1) - history(0)).toBe(1);
    expect(history(4)).toBe(history(7));
    expect(history(8)).toBe(history(7) + 1);
    expect(history(100_000)).toBeLessThan(encoder.rowCount);
  });
});
