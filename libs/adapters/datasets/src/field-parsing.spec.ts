import { describe, expect, it } from 'vitest';
import { parseId, parseNumber, parseTime } from './field-parsing';
import { splitTitle } from './film';

const NOW_MS = Date.UTC(2026, 0, 1);
const timeOf = (text: string): unknown => {
  const parsed = parseTime(text, { nowMs: NOW_MS });
  return 'value' in parsed ? new Date(parsed.value).toISOString() : parsed.reason;
};

describe('a number', () => {
  it.each([
    ['12', 12],
    [' -0.5 ', -0.5],
    ['.5', 0.5],
    ['1e3', 1000],
    ['007', 7],
  ])('is read from %j', (text, value) => {
    expect(parseNumber(text, 'rating')).toEqual({ value });
  });

  it.each(['NaN', 'Infinity', '1e999', '0x10', '1,5', 'four', '--1', '5 stars'])('is not %j', (text) => {
    expect(parseNumber(text, 'rating')).toEqual({ reason: 'rating is not a number' });
  });

  it('is not nothing', () => {
    expect(parseNumber('  ', 'rating')).toEqual({ reason: 'rating is empty' });
  });
});

describe('a time', () => {
  it.each([
    ['1365029107', '2013-04-03T22:45:07.000Z'],
    ['1365029107123', '2013-04-03T22:45:07.123Z'],
    ['1365029107123456', '2013-04-03T22:45:07.123Z'],
    ['2010-12-01 08:26:00', '2010-12-01T08:26:00.000Z'],
    ['2010-12-01T08:26:00.5Z', '2010-12-01T08:26:00.500Z'],
    ['2010-12-01T08:26+02:00', '2010-12-01T06:26:00.000Z'],
    ['2010-12-01', '2010-12-01T00:00:00.000Z'],
    ['12/1/2010 8:26', '2010-12-01T08:26:00.000Z'],
  ])('is read from %j', (text, expected) => {
    expect(timeOf(text)).toBe(expected);
  });

  it.each([
    ['', 'time is empty'],
    ['yesterday', 'time is not a time'],
    ['2011-02-31', 'time is not a time'],
    ['2011-02-01 25:00', 'time is not a time'],
    ['NaN', 'time is not a time'],
    ['0', 'time is before 1970'],
    ['-5', 'time is before 1970'],
    ['1969-12-31', 'time is before 1970'],
    ['2026-01-01 00:06', 'time is in the future'],
    ['1e300', 'time is in the future'],
  ])('is not %j', (text, reason) => {
    expect(timeOf(text)).toBe(reason);
  });
});

describe('an id', () => {
  it('is trimmed, and neither empty nor endless', () => {
    expect(parseId(' a-long-enough-id ', 'user id')).toEqual({ value: 'a-long-enough-id' });
    expect(parseId(' ', 'user id')).toEqual({ reason: 'user id is empty' });
    expect(parseId('x'.repeat(257), 'item id')).toEqual({ reason: 'item id is longer than 256 characters' });
  });
});

describe('a film title', () => {
  it.each([
    ['Toy Story (1995)', 'Toy Story', 1995],
    ['Land Before Time III (1995) (V)', 'Land Before Time III (V)', 1995],
    ['2001: A Space Odyssey (1968)', '2001: A Space Odyssey', 1968],
    ['Blade Runner (Final Cut) (1982)', 'Blade Runner (Final Cut)', 1982],
    ['Heidi Fleiss (1995) ', 'Heidi Fleiss', 1995],
    ['(500) Days of Summer (2009)', '(500) Days of Summer', 2009],
    ['Double (1963) Feature (1991)', 'Double (1963) Feature', 1991],
    ['Series (2011-2013)', 'Series', 2011],
    ['unknown', 'unknown', null],
    ['(1999)', '(1999)', null],
  ])('%j is %j of %j', (text, title, year) => {
    expect(splitTitle(text)).toEqual({ title, year });
  });
});
