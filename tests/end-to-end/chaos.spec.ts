import { describe, expect, it } from 'vitest';
import { runChaos } from '../../bench/chaos/run-chaos';
import type { Promised } from '../../bench/chaos/chaos-report';

const brokenOf = (promises: readonly Promised[]): string[] =>
  promises.filter(({ kept }) => !kept).map(({ promise, detail }) => `${promise}: ${detail}`);

const SMALL = { eventCount: 2_000, killCount: 4, batchSize: 25, retrain: false, onProgress: () => {} };

describe('events while processes are killed −9', () => {
  it('are in the log once and in the online state, with Redis among the dead', async () => {
    const report = await runChaos({
      ...SMALL,
      ...{ seed: 7, appendFsync: 'always', killRedis: true, powerCut: false },
    });
    expect(brokenOf(report.promises)).toEqual([]);
    expect(report.kills).toEqual({ collector: 1, archive: 1, 'online-state': 1, redis: 1 });
    expect(report.loss.count).toBe(0);
    expect(report.loggedCount).toBe(2_000);
  }, 120_000);

  it('are lost by a power cut only when they were acknowledged within the second before', async () => {
    const report = await runChaos({
      ...{ ...SMALL, eventCount: 6_000 },
      ...{ seed: 8, appendFsync: 'everysec', killRedis: true, powerCut: true },
    });
    expect(brokenOf(report.promises)).toEqual([]);
    expect(report.cutBytes).toBeGreaterThan(0);
    expect(report.loggedCount + report.loss.count).toBe(6_000);
  }, 120_000);
});
