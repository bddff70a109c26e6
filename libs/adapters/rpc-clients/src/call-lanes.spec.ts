import {
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  status,
  type ServerDuplexStream,
} from '@grpc/grpc-js';
import { rankingV1 } from '@winnow/contracts';
import { ordinal, releaseVersion, type CallContext, type RankRequest } from '@winnow/domain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CallLanes } from './call-lanes';
import { GrpcRanker } from './grpc-ranker';

type Call = rankingV1.RankStreamRequest;
type LaneOnServer = ServerDuplexStream<Call, rankingV1.RankStreamResponse>;

const SOON = { timeout: 5_000, interval: 5 };
const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((clean) => clean()));

const request: RankRequest = {
  release: releaseVersion('r1'),
  query: { history: [], seedOrdinals: [], userAttributes: {}, context: {}, nowMs: 10 },
  ordinals: Uint32Array.of(ordinal(11)),
  queryVector: null,
};
const good = rankingV1.RankResponse.fromPartial({ release: 'r1', scores: [0.5] });
const answerOf = (call: Call): rankingV1.RankStreamResponse => ({
  status: { call: call.header!.call, code: status.OK, message: '' },
  response: good,
});
const within = (remainingMs: number, more: Partial<CallContext> = {}): CallContext => ({
  deadlineAtMs: performance.now() + remainingMs,
  requestId: 'request-7',
  ...more,
});

/** A ranker that counts what comes which way; `take` is given what comes on lanes. */
async function serve(take: (call: Call, lane: LaneOnServer) => void) {
  const came = { unary: 0, onLanes: 0, lanes: 0 };
  const open = new Set<LaneOnServer>();
  const server = new Server();
  server.addService(rankingV1.RankingServiceService, {
    rank: (_call, callback) => {
      came.unary += 1;
      callback(null, good);
    },
    rankStream: (lane) => {
      came.lanes += 1;
      open.add(lane);
      lane.sendMetadata(new Metadata());
      lane.on('data', (call: Call) => {
        if (!call.header?.cancelled) came.onLanes += 1;
        take(call, lane);
      });
      lane.on('end', () => lane.end());
      lane.on('error', () => {});
    },
    getStatus: (_call, callback) => callback(null, { status: undefined }),
  } satisfies rankingV1.RankingServiceServer);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  cleanups.push(() => server.forceShutdown());
  return { came, open, address: `127.0.0.1:${port}` };
}

function rankerAt(address: string): GrpcRanker {
  const ranker = new GrpcRanker({
    address,
    component: 'light-ranker',
    retryBudget: { share: 0, savedMax: 5 },
  });
  cleanups.push(() => ranker.close());
  return ranker;
}

/** A ranker whose lanes stand: its next call goes on one, to `take`. */
async function rankerOnLanes(take: (call: Call, lane: LaneOnServer) => void) {
  const served = await serve((call, lane) => {
    if (call.header?.requestId === 'probe') lane.write(answerOf(call));
    else take(call, lane);
  });
  const ranker = rankerAt(served.address);
  await vi.waitFor(async () => {
    await ranker.rank(request, within(2_000, { requestId: 'probe' }));
    expect(served.came.onLanes).toBeGreaterThan(0);
  }, SOON);
  return { ...served, ranker };
}

describe('calls on lanes', () => {
  it('go the ordinary way until a lane stands, and on lanes from then on', async () => {
    const { came, address } = await serve((call, lane) => lane.write(answerOf(call)));
    const ranker = rankerAt(address);
    expect(await ranker.rank(request, within(2_000))).toMatchObject({ ok: true });
    expect(came).toMatchObject({ unary: 1, onLanes: 0 });
    await vi.waitFor(async () => {
      expect(await ranker.rank(request, within(2_000))).toMatchObject({
        ok: true,
        value: { scores: Float32Array.of(0.5) },
      });
      expect(came.onLanes).toBeGreaterThan(2);
    }, SOON);
    expect(came.lanes).toBe(2);
  });

  it('carry id and time left, and are answered in any order', async () => {
    const calls: Call[] = [];
    const { ranker } = await rankerOnLanes((call, lane) => {
      calls.push(call);
      setTimeout(() => lane.write(answerOf(call)), call.header!.requestId === 'first' ? 40 : 0);
    });
    const finished: string[] = [];
    await Promise.all(
      ['first', 'second', 'third'].map(async (requestId) => {
        expect(await ranker.rank(request, within(2_000, { requestId }))).toMatchObject({ ok: true });
        finished.push(requestId);
      }),
    );
    expect(finished.at(-1)).toBe('first');
    expect(calls.map(({ header }) => header?.requestId)).toEqual(['first', 'second', 'third']);
    for (const { header } of calls) {
      expect(header?.deadlineMs).toBeGreaterThan(0);
      expect(header?.deadlineMs).toBeLessThanOrEqual(2_001);
    }
  });

  it('fail with the status that the server gives', async () => {
    const { ranker } = await rankerOnLanes(({ header }, lane) =>
      lane.write({
        status: { call: header!.call, code: status.INVALID_ARGUMENT, message: 'query: is missing' },
        response: undefined,
      }),
    );
    expect(await ranker.rank(request, within(2_000))).toMatchObject({
      ok: false,
      error: { kind: 'client', reason: 'query: is missing' },
    });
  });

  it('end at their deadline, or when the caller gives up, and the server is told', async () => {
    const cancelled: number[] = [];
    const { ranker } = await rankerOnLanes(({ header }) => {
      if (header?.cancelled) cancelled.push(header.call);
    });
    expect(await ranker.rank(request, within(30))).toMatchObject({ ok: false, error: { kind: 'timeout' } });
    const aborter = new AbortController();
    const given = ranker.rank(request, within(5_000, { signal: aborter.signal }));
    aborter.abort();
    expect(await given).toMatchObject({ ok: false, error: { reason: 'cancelled by the caller' } });
    await vi.waitFor(() => expect(cancelled).toHaveLength(2), SOON);
  });

  it('are tried again the ordinary way when their lane breaks', async () => {
    const { ranker, came } = await rankerOnLanes((_call, lane) =>
      lane.emit('error', { code: status.INTERNAL, details: 'broke' }),
    );
    const before = came.unary;
    const reply = await ranker.rank(request, within(2_000));
    expect(reply).toMatchObject({ ok: true });
    expect(came.unary).toBe(before + 1);
  });

  it('do not ask a service without lanes for one at every call', async () => {
    const { came, address } = await serve(() => {});
    const client = new rankingV1.RankingServiceClient(address, credentials.createInsecure());
    let asked = 0;
    const lanes = new CallLanes({
      open: () => {
        asked += 1;
        // An unknown method: what a service from before there were lanes answers.
        return client.makeBidiStreamRequest<Call, rankingV1.RankStreamResponse>(
          '/winnow.v1.RankingService/NoSuchMethod',
          (call) => Buffer.from(rankingV1.RankStreamRequest.encode(call).finish()),
          (bytes) => rankingV1.RankStreamResponse.decode(bytes),
          new Metadata(),
        );
      },
    });
    cleanups.push(() => {
      lanes.close();
      client.close();
    });
    for (let call = 0; call < 40; call += 1) {
      const onLane = lanes.call(rankingV1.RankRequest.fromPartial({}), {
        deadlineEpochMs: Date.now() + 1_000,
      });
      expect(onLane).toBeNull();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(asked).toBe(2);
    expect(came.lanes).toBe(0);
  });

  it('lose none while lanes are replaced by new ones', async () => {
    const { came, address } = await serve((call, lane) => setTimeout(() => lane.write(answerOf(call)), 5));
    const client = new rankingV1.RankingServiceClient(address, credentials.createInsecure());
    const lanes = new CallLanes<rankingV1.RankRequest, rankingV1.RankResponse>({
      open: () => client.rankStream(),
      ageMaxMs: 40,
    });
    cleanups.push(() => {
      lanes.close();
      client.close();
    });
    await vi.waitFor(async () => {
      const calls = Array.from({ length: 5 }, () =>
        lanes.call(rankingV1.RankRequest.fromPartial({}), { deadlineEpochMs: Date.now() + 5_000 }),
      );
      for (const call of calls) expect(await (call ?? good)).toMatchObject({ release: 'r1' });
      expect(came.lanes).toBeGreaterThan(6);
    }, SOON);
    expect(came.onLanes).toBeGreaterThan(20);
  });
});
