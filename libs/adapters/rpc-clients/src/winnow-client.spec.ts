import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { eventV1, recommenderV1 } from '@winnow/contracts';
import { HealthImplementation } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isServing } from './health-check';
import { createWinnowClient, type WinnowClient } from './winnow-client';

describe('createWinnowClient', () => {
  const server = new Server();
  const health = new HealthImplementation({ '': 'NOT_SERVING' });
  let address: string;
  let client: WinnowClient;

  beforeAll(async () => {
    health.addToServer(server);
    server.addService(recommenderV1.RecommenderServiceService, {
      recommend: (call, callback) =>
        callback(
          null,
          recommenderV1.RecommendResponse.fromPartial({
            slateId: `${call.request.userId}:${call.request.k}`,
          }),
        ),
    } satisfies recommenderV1.RecommenderServiceServer);
    server.addService(eventV1.EventServiceService, {
      track: (call, callback) =>
        callback(null, eventV1.TrackResponse.fromPartial({ acceptedCount: call.request.events.length })),
      trackStream: (stream) => stream.end(),
    } satisfies eventV1.EventServiceServer);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, each) =>
        error ? reject(error) : resolve(each),
      ),
    );
    address = `127.0.0.1:${port}`;
    client = createWinnowClient({ recommenderAddress: address, collectorAddress: address, timeoutMs: 3000 });
  });
  afterAll(() => {
    client.close();
    server.forceShutdown();
  });

  it('takes partial messages and resolves with replies', async () => {
    expect((await client.recommend({ userId: 'ann', k: 5 })).slateId).toBe('ann:5');
    expect((await client.track([{ userId: 'ann' }, { userId: 'bob' }])).acceptedCount).toBe(2);
  });

  it('rejects with the status of what failed', async () => {
    await expect(client.listReleases()).rejects.toMatchObject({ code: 12 });
  });

  it('knows whether the services can do their work', async () => {
    expect(await client.isServing()).toBe(false);
    health.setStatus('', 'SERVING');
    expect(await client.isServing()).toBe(true);
    expect(await isServing(address, { service: 'no.such.Service' })).toBe(false);
    expect(await isServing('127.0.0.1:1', { timeoutMs: 300 })).toBe(false);
  });
});

describe('createWinnowClient with a replica that dies', () => {
  /** Answers, or fails every call as a server does that is killed in the middle of it. */
  async function replica(calls: { dies: boolean; count: number }): Promise<{ server: Server; port: number }> {
    const server = new Server();
    server.addService(recommenderV1.RecommenderServiceService, {
      recommend: (_call, callback) => {
        calls.count += 1;
        if (calls.dies) callback({ code: status.UNAVAILABLE, details: 'killed' });
        else callback(null, recommenderV1.RecommendResponse.fromPartial({ slateId: 'slate' }));
      },
    } satisfies recommenderV1.RecommenderServiceServer);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    return { server, port };
  }

  it('asks the other one, once, and gives up when that fails too', async () => {
    const [healthy, dying] = [
      { dies: false, count: 0 },
      { dies: false, count: 0 },
    ];
    const replicas = await Promise.all([replica(healthy), replica(dying)]);
    const recommenderAddress = `ipv4:${replicas.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
    const client = createWinnowClient({ recommenderAddress, collectorAddress: '127.0.0.1:1' });
    const slateId = async (): Promise<string> => (await client.recommend({ userId: 'ann', k: 1 })).slateId;
    try {
      // Until both are connected, they are not asked in turn.
      await vi.waitFor(async () => {
        await slateId();
        expect(Math.min(healthy.count, dying.count)).toBeGreaterThan(0);
      }, 10_000);
      dying.dies = true;
      for (let call = 0; call < 4; call += 1) expect(await slateId()).toBe('slate');
      healthy.dies = true;
      const before = healthy.count + dying.count;
      await expect(slateId()).rejects.toMatchObject({
        code: status.UNAVAILABLE,
      });
      expect(healthy.count + dying.count).toBe(before + 2);
    } finally {
      client.close();
      for (const { server } of replicas) server.forceShutdown();
    }
  });
});
