import { Server, ServerCredentials } from '@grpc/grpc-js';
import { eventV1, recommenderV1 } from '@winnow/contracts';
import { HealthImplementation } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
