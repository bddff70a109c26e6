import { setTimeout as sleep } from 'node:timers/promises';
import { recommenderV1 } from '@winnow/contracts';
import { systemClock } from '@winnow/domain';
import { describe, expect, it } from 'vitest';
import { quantile, summariseLatency } from './latency';
import { renderLoadReports } from './render-report';
import { runLoad } from './run-load';

const reply = (patch: Parameters<typeof recommenderV1.RecommendResponse.fromPartial>[0] = {}) =>
  recommenderV1.RecommendResponse.fromPartial({ release: 'r1', items: [{ itemId: 'a' }], ...patch });

describe('a load run', () => {
  it('counts every request once, warm-up apart, and errors by their message', async () => {
    const seen: number[] = [];
    const report = await runLoad({
      send: (index) => {
        seen.push(index);
        return index % 10 === 9 ? Promise.reject(new Error('no')) : Promise.resolve(reply());
      },
      requestCount: 100,
      warmUpCount: 5,
      concurrency: 4,
      clock: systemClock,
    });
    expect(seen).toHaveLength(105);
    expect(report).toMatchObject({ requestCount: 100, errorCount: 10, errors: { no: 10 }, releases: ['r1'] });
    expect(renderLoadReports([report])).toContain('10 × no');
  });

  it('never has more under way than the concurrency', async () => {
    let underWay = 0;
    let most = 0;
    await runLoad({
      send: async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await sleep(1);
        underWay -= 1;
        return reply();
      },
      requestCount: 40,
      warmUpCount: 0,
      concurrency: 3,
      clock: systemClock,
    });
    expect(most).toBe(3);
  });

  it('explains latency by stage, and counts what was degraded', async () => {
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
    const report = await runLoad({
      send: () => {
        nowMs += 10;
        return Promise.resolve(
          reply({
            timings: [
              { stage: 'retrieve', durationMs: 6 },
              { stage: 'heavy-rank', durationMs: 3 },
            ],
            degraded: [{ component: 'light-ranker', kind: 'timeout', reason: '' }],
          }),
        );
      },
      requestCount: 20,
      warmUpCount: 0,
      concurrency: 1,
      clock,
    });
    expect(report.latency).toEqual({ meanMs: 10, p50Ms: 10, p90Ms: 10, p99Ms: 10, maxMs: 10 });
    expect(report.explainedShare).toBeCloseTo(0.9, 10);
    expect(report.stages[0]).toEqual({ stage: 'retrieve', meanMs: 6, share: 0.6 });
    expect(report.degraded).toEqual({ 'light-ranker': 20 });
    expect(report.throughputPerSecond).toBeCloseTo(100, 6);
  });

  it('counts latency from when a request was due, so that a stall is seen', async () => {
    const report = await runLoad({
      send: async (index) => {
        if (index === 0) {
          const until = performance.now() + 60;
          while (performance.now() < until);
        }
        return reply();
      },
      requestCount: 10,
      warmUpCount: 0,
      concurrency: 1,
      ratePerSecond: 200,
      clock: systemClock,
    });
    expect(report.requestCount).toBe(10);
    expect(report.latency.p50Ms).toBeGreaterThan(15);
  });

  it('ends early when it is aborted', async () => {
    const abort = new AbortController();
    const report = await runLoad({
      send: (index) => {
        if (index === 4) abort.abort();
        return Promise.resolve(reply());
      },
      requestCount: 1_000,
      warmUpCount: 0,
      concurrency: 1,
      clock: systemClock,
      signal: abort.signal,
    });
    expect(report.requestCount).toBe(5);
  });
});

describe('quantiles', () => {
  it('are nearest ranks', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([0, 0.5, 0.99, 1].map((share) => quantile(values, share))).toEqual([1, 50, 99, 100]);
    expect(quantile([], 0.5)).toBeNaN();
    expect(summariseLatency([3, 1, 2]).p50Ms).toBe(2);
  });
});
