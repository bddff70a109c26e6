import { credentials, status, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { rankingV1, servingV1 } from '@winnow/contracts';
import { ok } from '@winnow/domain';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../telemetry/logger';
import type { CallInfo } from './call-info';
import { CallLane } from './call-lane';
import { invalidArgument } from './rpc-error';
import { bindService, type RpcHandler } from './rpc-handlers';
import { createRpcServer, type RpcServer, type RpcServerOptions } from './rpc-server';

type Rank = RpcHandler<rankingV1.RankRequest, rankingV1.RankResponse>;
type Stream = ClientDuplexStream<rankingV1.RankStreamRequest, rankingV1.RankStreamResponse>;

const SOON = { timeout: 5_000, interval: 5 };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const requestOf = (release: string) => rankingV1.RankRequest.fromPartial({ release });
const replyOf = (release: string) => rankingV1.RankResponse.fromPartial({ release });
const headerOf = (call: number, more: Partial<servingV1.CallHeader> = {}): servingV1.CallHeader =>
  servingV1.CallHeader.fromPartial({ call, deadlineMs: 5_000, ...more });

/** A lane to a server that ranks with `rank`, and what came back on it so far. */
async function openLane(rank: Rank, options: Partial<RpcServerOptions> = {}) {
  const registry = new Registry();
  const server: RpcServer = await createRpcServer({
    address: '127.0.0.1:0',
    services: [
      bindService(rankingV1.RankingServiceService, {
        rank,
        rankStream: new CallLane(rankingV1.RankingServiceService.rank.path, rank),
        getStatus: () => ok({ status: undefined }),
      }),
    ],
    logger: createLogger({ service: 'spec', level: 'silent' }),
    registry,
    ...options,
  });
  cleanups.push(() => server.drain(0));
  const client = new rankingV1.RankingServiceClient(server.address, credentials.createInsecure());
  cleanups.push(() => client.close());
  const stream: Stream = client.rankStream();
  const answers: rankingV1.RankStreamResponse[] = [];
  const ended = new Promise<ServiceError | null>((resolve) => {
    stream.on('error', (error) => resolve(error as ServiceError));
    stream.on('end', () => resolve(null));
  });
  stream.on('data', (answer: rankingV1.RankStreamResponse) => answers.push(answer));
  const standing = new Promise((resolve) => stream.on('metadata', resolve));
  return { server, registry, stream, answers, ended, standing };
}

describe('a lane', () => {
  it('says that it stands before any call comes', async () => {
    const { standing } = await openLane(() => ok(replyOf('r')));
    await standing;
  });

  it('runs its calls side by side, and answers each as it is ready', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const { stream, answers } = await openLane(async ({ release: name }) => {
      if (name === 'slow') await held;
      return ok(replyOf(name));
    });
    stream.write({ header: headerOf(1), request: requestOf('slow') });
    stream.write({ header: headerOf(2), request: requestOf('quick') });
    await vi.waitFor(() => expect(answers).toHaveLength(1), SOON);
    release();
    await vi.waitFor(() => expect(answers).toHaveLength(2), SOON);
    expect(answers).toEqual([
      { status: { call: 2, code: status.OK, message: '' }, response: replyOf('quick') },
      { status: { call: 1, code: status.OK, message: '' }, response: replyOf('slow') },
    ]);
  });

  it('gives each call a deadline, an id and a trace of its own, and the name of the unary method', async () => {
    let seen: CallInfo | undefined;
    const { stream, answers, registry } = await openLane((_request, call) => {
      seen = call;
      return ok(replyOf('r'));
    });
    const beforeMs = performance.now();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const header = headerOf(7, { deadlineMs: 1_500, requestId: 'request-7', traceparent });
    stream.write({ header, request: requestOf('r') });
    await vi.waitFor(() => expect(answers).toHaveLength(1), SOON);
    expect(seen).toMatchObject({ requestId: 'request-7', method: 'RankingService/Rank' });
    expect(seen?.metadata.get('traceparent')).toEqual([traceparent]);
    expect(seen?.deadlineAtMs).toBeGreaterThan(beforeMs + 1_000);
    expect(seen?.deadlineAtMs).toBeLessThan(beforeMs + 6_500);
    await vi.waitFor(async () => {
      expect(await registry.metrics()).toContain(
        'winnow_rpc_duration_seconds_count{method="RankingService/Rank",code="OK"} 1',
      );
    }, SOON);
  });

  it('answers a failure with its status, and goes on', async () => {
    const { stream, answers } = await openLane(({ release }) => {
      if (release === '') throw invalidArgument('release', 'is missing');
      return ok(replyOf(release));
    });
    stream.write({ header: headerOf(1), request: requestOf('') });
    await vi.waitFor(() => expect(answers).toHaveLength(1), SOON);
    stream.write({ header: headerOf(2), request: requestOf('r') });
    await vi.waitFor(() => expect(answers).toHaveLength(2), SOON);
    expect(answers[0]).toEqual({
      status: { call: 1, code: status.INVALID_ARGUMENT, message: 'release: is missing' },
      response: undefined,
    });
    expect(answers[1].status?.code).toBe(status.OK);
  });

  it('tells the handler when its caller gives up, its deadline passes, or the stream breaks', async () => {
    const calls: CallInfo[] = [];
    const { stream, answers } = await openLane(async ({ release }, call) => {
      calls.push(call);
      await new Promise((resolve) => call.signal.addEventListener('abort', resolve, { once: true }));
      return ok(replyOf(release));
    });
    stream.write({ header: headerOf(1), request: requestOf('cancelled') });
    stream.write({ header: headerOf(2, { deadlineMs: 30 }), request: requestOf('late') });
    stream.write({ header: headerOf(3), request: requestOf('cut') });
    await vi.waitFor(() => expect(calls).toHaveLength(3), SOON);
    stream.write({ header: headerOf(1, { cancelled: true }), request: undefined });
    await vi.waitFor(() => expect(answers).toHaveLength(2), SOON);
    expect(calls[2].signal.aborted).toBe(false);
    stream.cancel();
    await vi.waitFor(() => expect(calls[2].signal.aborted).toBe(true), SOON);
  });

  it('counts its calls, not itself, against the calls that a server takes at once', async () => {
    const { stream, answers, server } = await openLane(
      (_request, call) =>
        new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(ok(replyOf('r'))))),
      { concurrentMax: 2 },
    );
    for (const call of [1, 2, 3]) stream.write({ header: headerOf(call), request: requestOf('r') });
    await vi.waitFor(() => expect(answers).toHaveLength(1), SOON);
    expect(answers[0].status).toMatchObject({ call: 3, code: status.RESOURCE_EXHAUSTED });
    expect(server.inFlight).toBe(2);
  });

  it('ends in peace when the server drains: after what it had taken', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const { stream, answers, ended, server } = await openLane(async ({ release: name }) => {
      await held;
      return ok(replyOf(name));
    });
    stream.write({ header: headerOf(1), request: requestOf('taken') });
    await vi.waitFor(() => expect(server.inFlight).toBe(1), SOON);
    const drained = server.drain(5_000);
    release();
    expect(await drained).toBe(0);
    expect(await ended).toBeNull();
    expect(answers.map(({ status: answered }) => answered?.code)).toEqual([status.OK]);
  });

  it.each([
    ['without a header', { header: undefined, request: requestOf('r') }],
    ['without a request', { header: headerOf(1), request: undefined }],
  ])('ends with a message that is none: %s', async (_title, message) => {
    const { stream, ended } = await openLane(() => ok(replyOf('r')));
    stream.write(message);
    expect(await ended).toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});
