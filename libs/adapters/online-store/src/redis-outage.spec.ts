import { randomUUID } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { userId, type TrackedEvent } from '@winnow/domain';
import { DisposableRedis, SAMPLE_EVENT_TYPES, trackedEvent } from '@winnow/testing';
import { checkRedis, createOnlineStore, StoreUnavailableError, type OnlineStore } from './index';

const SOON = { timeout: 10_000, interval: 10 };
const ADA = userId('ada');

/** A way to the shared Redis that can be cut, or made to swallow what goes through it. */
class Cable {
  private readonly sockets = new Set<Socket>();
  private server!: Server;
  private severed = false;
  private swallowing = false;
  port = 0;

  constructor(private readonly target: URL) {}

  async open(): Promise<void> {
    this.server = createServer((client) => this.join(client));
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  plugIn(): void {
    this.severed = false;
  }

  /** Every connection ends, and new ones end at once; the port stays ours, so that no other test can take it. */
  cut(): void {
    this.severed = true;
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The connections stay open and nothing comes through any more. */
  swallow(): void {
    this.swallowing = true;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  private join(client: Socket): void {
    if (this.severed) return void client.destroy();
    const redis = connect(Number(this.target.port || 6379), this.target.hostname);
    for (const [from, to] of [
      [client, redis],
      [redis, client],
    ]) {
      this.sockets.add(from);
      from.on('data', (chunk) => this.swallowing || to.write(chunk));
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  }
}

describe('an outage of Redis', () => {
  let cable: Cable;
  let store: OnlineStore;
  const troubles: string[] = [];

  beforeEach(async () => {
    cable = new Cable(new URL(inject('redisUrl')));
    await cable.open();
    troubles.length = 0;
    store = createOnlineStore({
      url: cable.url,
      description: { namespace: `spec-${randomUUID()}`, events: SAMPLE_EVENT_TYPES },
      readTimeoutMs: 150,
      writeTimeoutMs: 500,
      onTrouble: ({ connection, message }) => troubles.push(`${connection}: ${message}`),
    });
    await vi.waitFor(() => store.ping(), SOON);
  });
  afterEach(async () => {
    await store.close();
    await cable.close();
  });

  it('is a dependency error within milliseconds, is reported once, and is over by itself', async () => {
    await store.stateWriter.apply([trackedEvent({ item: 7 })]);
    cable.cut();
    await vi.waitFor(async () => expect((await store.state.userState(ADA)).ok).toBe(false), SOON);
    const startedAtMs = performance.now();
    for (let attempt = 0; attempt < 20; attempt += 1)
      expect(await store.state.userState(ADA)).toMatchObject({
        ok: false,
        error: { kind: 'dependency', component: 'online-store' },
      });
    // One that waited for its timeout would take 150 ms; these do not wait.
    expect(performance.now() - startedAtMs).toBeLessThan(20 * 50);
    await expect(store.events.append([trackedEvent()])).rejects.toThrow(StoreUnavailableError);
    await expect(store.catalog.resolve(['a' as never])).rejects.toThrow(StoreUnavailableError);

    cable.plugIn();
    await vi.waitFor(async () => expect((await store.state.userState(ADA)).ok).toBe(true), SOON);
    await vi.waitFor(async () => expect(await store.events.append([trackedEvent()])).toHaveLength(1), SOON);
    expect(troubles.filter((line) => line.startsWith('read: connection failed')).length).toBeLessThanOrEqual(
      1,
    );
  });

  it('that only keeps silent is a timeout after the time the caller configured', async () => {
    cable.swallow();
    const startedAtMs = performance.now();
    expect(await store.state.userState(ADA)).toMatchObject({ ok: false, error: { kind: 'timeout' } });
    const waitedMs = performance.now() - startedAtMs;
    expect(waitedMs).toBeGreaterThan(100);
    expect(waitedMs).toBeLessThan(1_000);
  });

  it('does not lose, repeat or reorder what a tail and a consumer see', async () => {
    const tailed: TrackedEvent[] = [];
    const consumed: TrackedEvent[] = [];
    store.eventFeed.tail('0', (events) => tailed.push(...events));
    store
      .eventConsumer({ group: 'g', retryFirstMs: 10 })
      .run(async (events) => void consumed.push(...events));
    const first = [trackedEvent(), trackedEvent()];
    await store.events.append(first);
    await vi.waitFor(() => expect([tailed.length, consumed.length]).toEqual([2, 2]), SOON);
    cable.cut();
    cable.plugIn();
    const second = [trackedEvent(), trackedEvent()];
    await vi.waitFor(async () => expect(await store.events.append(second)).toHaveLength(2), SOON);
    await vi.waitFor(() => expect(tailed).toMatchObject([...first, ...second]), SOON);
    await vi.waitFor(() => expect(consumed).toMatchObject([...first, ...second]), SOON);
  });

  it('at start does not keep a store from being made, and closing it then does not hang', async () => {
    cable.cut();
    const offline = createOnlineStore({
      url: cable.url,
      description: { namespace: 'offline', events: SAMPLE_EVENT_TYPES },
    });
    expect(await offline.state.userState(ADA)).toMatchObject({ ok: false, error: { kind: 'dependency' } });
    offline.eventConsumer({ group: 'g' }).run(async () => {});
    offline.eventFeed.tail('0', () => {});
    await offline.close();
  });
});

describe.skipIf(process.env['REDIS_URL'])('a Redis that is killed and started again', () => {
  let redis: DisposableRedis;

  beforeEach(async () => {
    redis = await DisposableRedis.open();
  });
  afterEach(() => redis.stop());

  it('comes back with every acknowledged event, and with its scripts forgotten and found again', async () => {
    const store = createOnlineStore({
      url: redis.url,
      description: { namespace: 'killed', events: SAMPLE_EVENT_TYPES },
    });
    const deliveries: TrackedEvent[] = [];
    // What was handled but not yet acknowledged when Redis died is delivered again.
    const consumed = (): TrackedEvent[] => [
      ...new Map(deliveries.map((event) => [event.eventId, event])).values(),
    ];
    store
      .eventConsumer({ group: 'g', retryFirstMs: 10 })
      .run(async (events) => void deliveries.push(...events));
    const events = [trackedEvent(), trackedEvent(), trackedEvent()];
    await vi.waitFor(async () => expect(await store.events.append([events[0]])).toHaveLength(1), SOON);
    await vi.waitFor(() => expect(consumed()).toMatchObject([events[0]]), SOON);
    await redis.kill();
    await expect(store.events.append([events[1]])).rejects.toThrow(StoreUnavailableError);
    await redis.restart();
    await vi.waitFor(async () => expect(await store.events.append([events[1]])).toHaveLength(1), SOON);
    expect(await store.events.append([events[0], events[2]])).toEqual([
      { status: 'duplicate' },
      { status: 'accepted' },
    ]);
    await vi.waitFor(() => expect(consumed()).toMatchObject(events), SOON);
    await store.close();
  });
});

describe('checkRedis', () => {
  it('names the version, and each setting that could lose events with its remedy', async () => {
    const check = await checkRedis({ url: inject('redisUrl') });
    expect(check.reachable).toBe(true);
    expect(Number(check.version.split('.')[0])).toBeGreaterThanOrEqual(7);
    expect(check.maxmemoryPolicy).toBe('noeviction');
    expect(check.problems.some(({ problem }) => problem.includes('append-only'))).toBe(!check.appendOnly);
  });

  it('says that nobody answers, without the password', async () => {
    const check = await checkRedis({ url: 'redis://user:secret@127.0.0.1:1' });
    expect(check).toMatchObject({ reachable: false });
    expect(check.problems[0].problem).toContain('redis://127.0.0.1:1');
    expect(check.problems[0].problem).not.toContain('secret');
    expect(check.problems[0].remedy).toContain('REDIS_URL');
  });
});
