import type { Clock } from '@winnow/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startUpkeep } from './upkeep';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = 400 * DAY_MS;
const clock: Clock = { nowMs: () => NOW_MS, monotonicMs: () => 0 };

let done: [what: string, beforeMs?: number][];
let warnings: string[];

function start(eventRetentionDays: number | null, isBroken = false) {
  const did =
    (what: string) =>
    async (beforeMs?: number): Promise<number> => {
      done.push(beforeMs === undefined ? [what] : [what, beforeMs]);
      if (isBroken) throw new Error('the disk is full');
      return 0;
    };
  return startUpkeep({
    store: { trimStreams: did('trim'), trimSlates: did('trim slates') },
    eventLog: {
      compact: did('compact'),
      removeEventsBefore: did('events'),
      slates: { removeBefore: did('slates') },
    },
    ...{ slateRetentionDays: 90, eventRetentionDays, clock },
    logger: { debug: () => undefined, warn: (_fields, message) => void warnings.push(message) },
  });
}

describe('the upkeep of the log', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    [done, warnings] = [[], []];
  });
  afterEach(() => vi.useRealTimers());

  it('forgets slates and events of older days every hour', async () => {
    const upkeep = start(365);
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    await upkeep.stop();
    const forgotten = done.filter(([what]) => what === 'events' || what === 'slates');
    const once = [
      ['slates', NOW_MS - 90 * DAY_MS],
      ['events', NOW_MS - 365 * DAY_MS],
    ];
    expect(forgotten).toEqual([...once, ...once]);
  });

  it('keeps events for ever where nothing is said', async () => {
    const upkeep = start(null);
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    await upkeep.stop();
    expect(done.map(([what]) => what)).not.toContain('events');
    expect(done.map(([what]) => what)).toContain('slates');
  });

  it('says what failed, and tries again at the next turn', async () => {
    const upkeep = start(365, true);
    await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
    await upkeep.stop();
    expect(warnings.filter((one) => one === 'forgetting old events failed: the disk is full')).toHaveLength(
      2,
    );
  });
});
