import { describe, expect, it } from 'vitest';
import { cronGapsMs, cronPeriodMs } from './cron';

const NOW_MS = Date.UTC(2026, 10, 21);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('the period of a schedule', () => {
  it.each([
    ['0 4 * * *', DAY_MS],
    ['*/15 * * * *', HOUR_MS / 4],
    ['0 */6 * * *', 6 * HOUR_MS],
    ['0 8,20 * * *', 12 * HOUR_MS],
    ['30 2-4 * * *', 22 * HOUR_MS],
    ['0 4 * * sun', 7 * DAY_MS],
    ['0 4 * * 7', 7 * DAY_MS],
    ['0 4 * * mon-fri', 3 * DAY_MS],
    ['0 4 1 * *', 31 * DAY_MS],
    ['0 0 1,15 * mon', 7 * DAY_MS],
    ['0 4 29 2 *', 366 * DAY_MS],
  ])('of %s is the longest wait between two runs', (expression, periodMs) => {
    expect(cronPeriodMs(expression, NOW_MS)).toBe(periodMs);
  });

  it.each([
    ['0 4 * * *', DAY_MS],
    ['30 2-4 * * *', HOUR_MS],
    ['0 4 * * mon-fri', DAY_MS],
    ['0 4 29 2 *', 366 * DAY_MS],
  ])('of %s has a shortest wait, too', (expression, gapMs) => {
    expect(cronGapsMs(expression, NOW_MS).shortestMs).toBe(gapMs);
  });
});
