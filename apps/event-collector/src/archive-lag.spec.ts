import { status } from '@grpc/grpc-js';
import { inject, describe, expect, it, vi } from 'vitest';
import { openBench, SOON } from './event-collector.fixture';

describe('back-pressure', () => {
  it('refuses events while the log is too far behind, says when to come back, and takes them once it has caught up', async () => {
    const lagging = { archiveLagMaxMs: 1_000, archiveLagCheckMs: 20 };
    const bench = await openBench(inject('redisUrl'), { ...lagging, roles: ['api'] });
    await bench.upsert([{ itemId: 'tea' }]);
    expect((await bench.track([{ eventId: 'first' }])).error).toBeNull();
    const refused = await vi.waitFor(async () => {
      const { error } = await bench.track([{ eventId: 'second' }]);
      expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
      return error!;
    }, SOON);
    expect(refused.details).toMatch(/^the event log is \d+ s behind/);
    expect(refused.metadata.get('grpc-retry-pushback-ms')).toEqual(['5000']);

    const archive = await bench.second({ roles: ['archive'] });
    await vi.waitFor(async () => {
      const { error } = await bench.track([{ eventId: 'second' }]);
      expect(error).toBeNull();
    }, SOON);
    await vi.waitFor(async () => expect(await bench.loggedCount('ada')).toBeGreaterThanOrEqual(2), SOON);
    await archive.stop(1_000);
    await bench.stop();
  });
});
