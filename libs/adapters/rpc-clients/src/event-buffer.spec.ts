import { Metadata, Server, ServerCredentials, status, type ServiceError } from '@grpc/grpc-js';
import { eventV1 } from '@winnow/contracts';
import { seededRandom } from '@winnow/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventBuffer, type EventBufferOptions } from './event-buffer';
import { createWinnowClient } from './winnow-client';

const { EventStatus } = eventV1;
const SOON = { timeout: 10_000, interval: 5 };

const acknowledged = (events: readonly eventV1.Event[]): eventV1.TrackResponse =>
  eventV1.TrackResponse.fromPartial({
    verdicts: events.map(({ eventId }) => ({ eventId, status: EventStatus.EVENT_STATUS_ACCEPTED })),
  });

const failure = (code: status, pushbackMs?: number): ServiceError => {
  const metadata = new Metadata();
  if (pushbackMs !== undefined) metadata.set('grpc-retry-pushback-ms', String(pushbackMs));
  return Object.assign(new Error('away'), { code, details: 'away', metadata });
};

const QUICK: EventBufferOptions = {
  lingerMs: 1,
  retryFirstMs: 1,
  retryLongestMs: 4,
  random: seededRandom(1),
};

/** Takes events as the collector does: each id once; it can be away, and can lose its answers. */
class FakeCollector {
  readonly taken = new Map<string, eventV1.Event>();
  readonly batchCounts: number[] = [];
  away = false;
  /** Every so many calls, the events are taken and the answer is lost. */
  losesAnswerEvery = Infinity;
  private calls = 0;

  readonly track = async (events: readonly eventV1.Event[]): Promise<eventV1.TrackResponse> => {
    this.calls += 1;
    if (this.away) throw failure(status.UNAVAILABLE);
    for (const event of events) if (!this.taken.has(event.eventId)) this.taken.set(event.eventId, event);
    if (this.calls % this.losesAnswerEvery === 0) throw failure(status.UNAVAILABLE);
    this.batchCounts.push(events.length);
    return acknowledged(events);
  };
}

const add = (buffer: EventBuffer, count: number, from = 0): void => {
  for (let index = from; index < from + count; index += 1)
    expect(buffer.add({ eventId: `e${index}`, userId: `u${index % 3}` }).ok).toBe(true);
};
const idsInOrder = (count: number): string[] => Array.from({ length: count }, (_, index) => `e${index}`);

describe('the event buffer', () => {
  it('keeps events in order through an outage and lost answers, and sends each id until it is acknowledged', async () => {
    const collector = new FakeCollector();
    collector.losesAnswerEvery = 3;
    const buffer = new EventBuffer(collector.track, { ...QUICK, batchCountMax: 7 });
    add(buffer, 50);
    await vi.waitFor(() => expect(collector.taken.size).toBeGreaterThan(0), SOON);
    collector.away = true;
    add(buffer, 50, 50);
    await new Promise((resolve) => setTimeout(resolve, 30));
    collector.away = false;
    await buffer.flush();
    expect([...collector.taken.keys()]).toEqual(idsInOrder(100));
    expect(buffer.size).toBe(0);
  });

  it('refuses what it has no room for, and has room again afterwards', async () => {
    const collector = new FakeCollector();
    collector.away = true;
    const buffer = new EventBuffer(collector.track, { ...QUICK, eventCountMax: 10, batchCountMax: 5 });
    add(buffer, 10);
    expect(buffer.add({ userId: 'ada' })).toEqual({ ok: false, error: 'full' });
    collector.away = false;
    await buffer.flush();
    expect(buffer.add({ userId: 'ada' }).ok).toBe(true);
    await buffer.close(1_000);
    expect(collector.taken.size).toBe(11);
  });

  it('gives an event its id and its time when it is added, not when it is sent', async () => {
    const collector = new FakeCollector();
    collector.away = true;
    const buffer = new EventBuffer(collector.track, QUICK);
    const before = Date.now();
    const added = buffer.add({ userId: 'ada' });
    const after = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 20));
    collector.away = false;
    await buffer.flush();
    const [[id, event]] = [...collector.taken];
    expect(added).toEqual({ ok: true, value: id });
    expect(event.timeMs).toBeGreaterThanOrEqual(before);
    expect(event.timeMs).toBeLessThanOrEqual(after);
  });

  it('hands back what was refused for good, and sends it no more', async () => {
    const refused: string[] = [];
    let calls = 0;
    const buffer = new EventBuffer(
      async (events) => {
        calls += 1;
        const reply = acknowledged(events);
        reply.verdicts[1].status = EventStatus.EVENT_STATUS_REJECTED;
        reply.verdicts[1].reason = 'item_id: unknown';
        return reply;
      },
      { ...QUICK, onRefused: ({ eventId }, reason) => refused.push(`${eventId} ${reason}`) },
    );
    add(buffer, 3);
    await buffer.flush();
    expect(refused).toEqual(['e1 item_id: unknown']);
    expect(calls).toBe(1);
  });

  it('stays away for as long as the server asks for, and tells of an outage once', async () => {
    const troubles: string[] = [];
    const atMs: number[] = [];
    const buffer = new EventBuffer(
      async (events) => {
        atMs.push(performance.now());
        if (atMs.length < 3) throw failure(status.RESOURCE_EXHAUSTED, 60);
        return acknowledged(events);
      },
      { ...QUICK, onTrouble: (reason) => troubles.push(reason) },
    );
    add(buffer, 1);
    await buffer.flush();
    expect(troubles).toEqual(['away']);
    expect(atMs[2] - atMs[0]).toBeGreaterThan(110);
  });

  it('flushes when it is closed, and returns what it could not send', async () => {
    const collector = new FakeCollector();
    const flushed = new EventBuffer(collector.track, { ...QUICK, lingerMs: 60_000 });
    add(flushed, 2);
    expect(await flushed.close(5_000)).toEqual([]);
    expect(flushed.add({ userId: 'ada' })).toEqual({ ok: false, error: 'closed' });
    collector.away = true;
    const cutOff = new EventBuffer(collector.track, QUICK);
    add(cutOff, 2, 10);
    expect((await cutOff.close(20)).map(({ eventId }) => eventId)).toEqual(['e10', 'e11']);
  });

  it('refuses sizes that cannot work', () => {
    const build = (options: EventBufferOptions) => () =>
      new EventBuffer(async () => acknowledged([]), options);
    expect(build({ batchCountMax: 1_001 })).toThrow(RangeError);
    expect(build({ batchCountMax: 500, eventCountMax: 10 })).toThrow(/at least a batch/);
  });
});

describe('a client that buffers events', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.forceShutdown()));

  async function serve(port: number, collector: FakeCollector): Promise<number> {
    const server = new Server();
    servers.push(server);
    server.addService(eventV1.EventServiceService, {
      track: (call, callback) =>
        void collector.track(call.request.events).then(
          (reply) => callback(null, reply),
          (thrown: ServiceError) => callback({ code: thrown.code, details: thrown.details }),
        ),
      trackStream: (stream) => stream.end(),
    } satisfies eventV1.EventServiceServer);
    return new Promise((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
  }

  it('loses nothing while the collector is gone, and goes on by itself when it is back', async () => {
    const collector = new FakeCollector();
    const port = await serve(0, collector);
    const client = createWinnowClient({
      recommenderAddress: '127.0.0.1:1',
      collectorAddress: `127.0.0.1:${port}`,
      timeoutMs: 2_000,
    });
    const buffer = client.bufferEvents({ ...QUICK, retryLongestMs: 50 });
    add(buffer, 20);
    await buffer.flush();
    servers.splice(0).forEach((server) => server.forceShutdown());
    add(buffer, 20, 20);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(collector.taken.size).toBe(20);
    await serve(port, collector);
    await buffer.flush();
    expect([...collector.taken.keys()]).toEqual(idsInOrder(40));
    expect(await buffer.close(1_000)).toEqual([]);
    client.close();
  });
});
