import { Server, ServerCredentials, status, type Metadata, type ServiceError } from '@grpc/grpc-js';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { SimpleSpanProcessor, TracerProvider, type SpanExporter } from '@opentelemetry/sdk-trace';
import { candidateV1, rankingV1 } from '@winnow/contracts';
import {
  ordinal,
  RELEASE_NOT_LOADED,
  releaseVersion,
  type CallContext,
  type RankRequest,
} from '@winnow/domain';
import { afterEach, describe, expect, it } from 'vitest';
import { GrpcCandidateRetriever } from './grpc-candidate-retriever';
import { GrpcRanker } from './grpc-ranker';

type RankHandler = (
  request: rankingV1.RankRequest,
  metadata: Metadata,
) => Promise<rankingV1.RankResponse | Partial<ServiceError>>;

const request: RankRequest = {
  release: releaseVersion('r1'),
  query: {
    history: [{ ordinal: ordinal(3), eventType: 0, timeMs: 5, value: 1 }],
    seedOrdinals: [],
    userAttributes: {},
    context: {},
    nowMs: 10,
  },
  ordinals: Uint32Array.of(11, 12),
  queryVector: null,
};
const good: rankingV1.RankResponse = {
  release: 'r1',
  scores: [0.5, 0.25],
  heads: ['click'],
  headValues: [0.125, 0.75],
  features: undefined,
};
const within = (remainingMs: number, more: Partial<CallContext> = {}): CallContext => ({
  deadlineAtMs: performance.now() + remainingMs,
  requestId: 'request-7',
  ...more,
});

/** What a service from before there were lanes answers: every call goes the ordinary way. */
const NO_LANES = { code: status.UNIMPLEMENTED, details: 'the server does not implement this method' };

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((clean) => clean()));

async function serve(handler: RankHandler, port = 0): Promise<{ port: number; stop: () => void }> {
  const server = new Server();
  server.addService(rankingV1.RankingServiceService, {
    rank: (call, callback) => {
      void handler(call.request, call.metadata).then((reply) =>
        'code' in reply ? callback(reply) : callback(null, reply as rankingV1.RankResponse),
      );
    },
    rankStream: (stream) => void stream.emit('error', NO_LANES),
    getStatus: (_call, callback) =>
      callback(null, { status: { loadedReleases: ['r1'], ready: true, backend: 'wasm' } }),
  } satisfies rankingV1.RankingServiceServer);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, each) =>
      error ? reject(error) : resolve(each),
    ),
  );
  const stop = (): void => server.forceShutdown();
  cleanups.push(stop);
  return { port: bound, stop };
}

function rankerAt(port: number, savedMax = 5): GrpcRanker {
  const ranker = new GrpcRanker({
    address: `127.0.0.1:${port}`,
    component: 'light-ranker',
    retryBudget: { share: 0, savedMax },
  });
  cleanups.push(() => ranker.close());
  return ranker;
}

async function rankerFor(handler: RankHandler, savedMax?: number): Promise<GrpcRanker> {
  return rankerAt((await serve(handler)).port, savedMax);
}

describe('GrpcRanker', () => {
  it('sends the request with its id and brings the reply back', async () => {
    let seen: { ordinals: number[]; id: unknown } | undefined;
    const ranker = await rankerFor(async (wire, metadata) => {
      seen = { ordinals: wire.ordinals, id: metadata.get('x-request-id')[0] };
      return good;
    });
    expect(await ranker.rank(request, within(2000))).toEqual({
      ok: true,
      value: {
        release: 'r1',
        scores: Float32Array.of(0.5, 0.25),
        heads: ['click'],
        headValues: Float32Array.of(0.125, 0.75),
      },
    });
    expect(seen).toEqual({ ordinals: [11, 12], id: 'request-7' });
    expect(await ranker.status(within(2000))).toEqual({
      ok: true,
      value: { loadedReleases: ['r1'], ready: true, backend: 'wasm' },
    });
  });

  it('hands the trace on, as a child span of the caller', async () => {
    const finished: { name: string; spanId: string; traceId: string }[] = [];
    const exporter: SpanExporter = {
      export: (spans, done) => {
        for (const span of spans) finished.push({ name: span.name, ...span.spanContext() });
        done({ code: 0 });
      },
      shutdown: async () => {},
    };
    trace.setGlobalTracerProvider(
      new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
    );
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    cleanups.push(() => [trace, context, propagation].forEach((api) => api.disable()));
    let traceparent: unknown;
    const ranker = await rankerFor(async (_wire, metadata) => {
      traceparent = metadata.get('traceparent')[0];
      return good;
    });
    const caller = trace.getTracer('spec').startSpan('caller');
    await context.with(trace.setSpan(context.active(), caller), () => ranker.rank(request, within(2000)));
    const [client] = finished;
    expect(client.name).toBe('winnow.v1.RankingService/Rank');
    expect(client.traceId).toBe(caller.spanContext().traceId);
    expect(traceparent).toBe(`00-${client.traceId}-${client.spanId}-01`);
  });

  it('is a timeout, on time, when the answer takes longer than what is left', async () => {
    const ranker = await rankerFor(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return good;
    });
    const startedAtMs = performance.now();
    const result = await ranker.rank(request, within(80));
    expect(result).toMatchObject({ ok: false, error: { kind: 'timeout', component: 'light-ranker' } });
    expect(performance.now() - startedAtMs).toBeLessThan(800);
  });

  it('does not ask when no time is left, or when the caller has given up', async () => {
    let calls = 0;
    const ranker = await rankerFor(async () => {
      calls += 1;
      return good;
    });
    expect(await ranker.rank(request, within(-1))).toMatchObject({ error: { kind: 'timeout' } });
    expect(await ranker.rank(request, within(500, { signal: AbortSignal.abort() }))).toMatchObject({
      error: { kind: 'timeout', reason: 'cancelled by the caller' },
    });
    expect(calls).toBe(0);
  });

  it('stops waiting as soon as the caller gives up', async () => {
    const ranker = await rankerFor(() => new Promise(() => {}));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const startedAtMs = performance.now();
    const result = await ranker.rank(request, within(20_000, { signal: controller.signal }));
    expect(result).toMatchObject({
      ok: false,
      error: { kind: 'timeout', reason: 'cancelled by the caller' },
    });
    expect(performance.now() - startedAtMs).toBeLessThan(5000);
  });

  it.each([
    [status.FAILED_PRECONDITION, RELEASE_NOT_LOADED, 'dependency', RELEASE_NOT_LOADED],
    [status.INVALID_ARGUMENT, 'ordinals: too many', 'client', 'ordinals: too many'],
    [status.RESOURCE_EXHAUSTED, 'busy', 'dependency', 'RESOURCE_EXHAUSTED: busy'],
    [status.INTERNAL, 'NaN', 'dependency', 'INTERNAL: NaN'],
  ])('turns status %i (%s) into a %s failure', async (code, details, kind, reason) => {
    const ranker = await rankerFor(async () => ({ code, details }));
    expect(await ranker.rank(request, within(2000))).toMatchObject({
      ok: false,
      error: { kind, reason, component: 'light-ranker' },
    });
  });

  it.each([
    ['too few scores', { ...good, scores: [1] }, '1 scores for 2 candidates'],
    ['too few head values', { ...good, headValues: [1] }, '1 head values for 2 candidates and 1 heads'],
    ['NaN among the scores', { ...good, scores: [1, Number.NaN] }, 'a score is not finite'],
    ['infinity among the heads', { ...good, headValues: [1, Infinity] }, 'a head value is not finite'],
    ['another release', { ...good, release: 'r2' }, 'answered from release r2, asked for r1'],
  ])('is a model failure when the reply has %s', async (_name, reply, reason) => {
    const ranker = await rankerFor(async () => reply);
    expect(await ranker.rank(request, within(2000))).toMatchObject({
      ok: false,
      error: { kind: 'model', reason },
    });
  });

  it('retries once when no server took the call, while the budget lasts', async () => {
    let calls = 0;
    const ranker = await rankerFor(async () => {
      calls += 1;
      return calls === 2 ? good : { code: status.UNAVAILABLE, details: 'restarting' };
    }, 1);
    expect((await ranker.rank(request, within(2000))).ok).toBe(true);
    expect(await ranker.rank(request, within(2000))).toMatchObject({
      error: { kind: 'dependency', reason: 'UNAVAILABLE: restarting' },
    });
    expect(calls).toBe(3);
  });

  it('answers at once while the service is down, and within seconds of its return', async () => {
    const first = await serve(async () => good);
    const ranker = rankerAt(first.port);
    expect((await ranker.rank(request, within(2000))).ok).toBe(true);
    first.stop();
    const startedAtMs = performance.now();
    expect((await ranker.rank(request, within(2000))).ok).toBe(false);
    expect(performance.now() - startedAtMs).toBeLessThan(1900);
    await serve(async () => good, first.port);
    const returnedAtMs = performance.now();
    let ok = false;
    while (!ok && performance.now() - returnedAtMs < 5000) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      ok = (await ranker.rank(request, within(500))).ok;
    }
    expect(ok).toBe(true);
    expect(performance.now() - returnedAtMs).toBeLessThan(3000);
  });
});

describe('GrpcCandidateRetriever', () => {
  it('checks every source of the reply against its quota and its scores', async () => {
    const replies: candidateV1.RetrieveResponse['sources'][] = [
      [{ source: 'two-tower', ordinals: [1, 2], scores: [0.5, 0.25] }],
      [{ source: 'two-tower', ordinals: [1, 2], scores: [0.5] }],
      [{ source: 'two-tower', ordinals: [1, 2, 3], scores: [1, 1, 1] }],
      [{ source: 'popular', ordinals: [1], scores: [1] }],
      [{ source: 'two-tower', ordinals: [1], scores: [Number.NaN] }],
    ];
    const server = new Server();
    cleanups.push(() => server.forceShutdown());
    server.addService(candidateV1.CandidateServiceService, {
      retrieve: (call, callback) =>
        callback(null, { release: call.request.release, sources: replies.shift()!, queryVector: [1, 0] }),
      retrieveStream: (stream) => void stream.emit('error', NO_LANES),
      getStatus: (_call, callback) => callback(null, { status: undefined }),
    } satisfies candidateV1.CandidateServiceServer);
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, each) =>
        error ? reject(error) : resolve(each),
      ),
    );
    const retriever = new GrpcCandidateRetriever({
      address: `127.0.0.1:${port}`,
      component: 'candidate-generation',
    });
    cleanups.push(() => retriever.close());
    const retrieve = () =>
      retriever.retrieve(
        {
          release: request.release,
          query: request.query,
          sources: [{ source: 'two-tower', quota: 2 }],
          excludedOrdinals: Uint32Array.of(9),
        },
        within(2000),
      );
    expect(await retrieve()).toMatchObject({ ok: true, value: { queryVector: Float32Array.of(1, 0) } });
    for (const reason of [
      'source two-tower: 1 scores for 2 candidates',
      'source two-tower: 3 candidates, quota 2',
      'source popular was not asked for',
      'source two-tower: a score is not finite',
    ])
      expect(await retrieve()).toMatchObject({ ok: false, error: { kind: 'model', reason } });
    expect(await retriever.status(within(2000))).toMatchObject({
      ok: false,
      error: { kind: 'dependency', reason: 'answered without a status' },
    });
  });
});
