import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type ChannelOptions,
  credentials,
  Metadata,
  type ServiceError,
  status,
  makeGenericClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, loadSync } from '@grpc/proto-loader';
import { eventV1, releaseV1 } from '@winnow/contracts';
import { err, ok, RELEASE_NOT_LOADED, type StageErrorKind, stageError } from '@winnow/domain';
import { service as healthService } from 'grpc-health-check';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from '../telemetry/logger';
import type { CallInfo } from './call-info';
import { isReflectedByDefault } from './reflection';
import { invalidArgument } from './rpc-error';
import { bindService, type RpcHandlers } from './rpc-handlers';
import { createRpcServer, type RpcServer, type RpcServerOptions } from './rpc-server';

type Handlers = RpcHandlers<eventV1.EventServiceService>;
type Track = Handlers['track'];

const verdict: eventV1.TrackResponse = eventV1.TrackResponse.fromPartial({ acceptedCount: 1 });
const request = eventV1.TrackRequest.fromPartial({ events: [{ userId: 'ada', itemId: 'tea' }] });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface LogLine {
  readonly level: string;
  readonly requestId: string;
  readonly err?: { readonly message: string };
}

async function serve(handlers: Partial<Handlers>, options: Partial<RpcServerOptions> = {}) {
  const registry = new Registry();
  const lines: LogLine[] = [];
  const logger = createLogger({
    service: 'spec',
    level: 'debug',
    destination: { write: (line) => lines.push(JSON.parse(line) as LogLine) },
  });
  const server = await createRpcServer({
    address: '127.0.0.1:0',
    services: [
      bindService(eventV1.EventServiceService, {
        track: () => ok(verdict),
        trackStream: ({ batch }) => ok({ batch, verdicts: [] }),
        ...handlers,
      }),
    ],
    logger,
    registry,
    ...options,
  });
  cleanups.push(() => server.drain(0));
  return { server, registry, lines };
}

function connect(server: RpcServer, options: ChannelOptions = {}): eventV1.EventServiceClient {
  const client = new eventV1.EventServiceClient(server.address, credentials.createInsecure(), options);
  cleanups.push(() => client.close());
  return client;
}

interface Reply {
  readonly error: ServiceError | null;
  readonly response?: eventV1.TrackResponse;
}

function track(
  client: eventV1.EventServiceClient,
  options: { body?: eventV1.TrackRequest; requestId?: string; deadlineMs?: number } = {},
): Promise<Reply> {
  const metadata = new Metadata();
  if (options.requestId !== undefined) metadata.set('x-request-id', options.requestId);
  const deadline = Date.now() + (options.deadlineMs ?? 5_000);
  return new Promise((resolve) =>
    client.track(options.body ?? request, metadata, { deadline }, (error, response) =>
      resolve({ error, response }),
    ),
  );
}

const codeOf = async (handler: Track): Promise<{ code: status; details: string }> => {
  const { server } = await serve({ track: handler });
  const { error } = await track(connect(server));
  return { code: error!.code, details: error!.details };
};

interface Health {
  readonly status: string;
}
interface HealthClient {
  check(request: { service: string }, done: (error: ServiceError | null, health: Health) => void): void;
  watch(request: { service: string }): { on(event: string, listener: (health: Health) => void): void };
  close(): void;
}

function connectHealth(server: RpcServer): HealthClient {
  const Client = makeGenericClientConstructor(healthService as unknown as ServiceDefinition, 'Health');
  const client = new Client(server.address, credentials.createInsecure()) as unknown as HealthClient;
  cleanups.push(() => client.close());
  return client;
}

const healthOf = (client: HealthClient, service: string): Promise<string> =>
  new Promise((resolve) =>
    client.check({ service }, (error, health) => resolve(error?.details ?? health.status)),
  );

describe('an RPC handler', () => {
  it('gets the request and answers it', async () => {
    let seen: eventV1.TrackRequest | undefined;
    const { server } = await serve({
      track: (body) => {
        seen = body;
        return ok(verdict);
      },
    });
    const { error, response } = await track(connect(server));
    expect(error).toBeNull();
    expect(response?.acceptedCount).toBe(1);
    expect(seen?.events[0].userId).toBe('ada');
  });

  it('sees the caller’s deadline as monotonic time and the caller’s request id', async () => {
    let call: CallInfo | undefined;
    const { server } = await serve({
      track: (_body, info) => {
        call = info;
        return ok(verdict);
      },
    });
    const client = connect(server);
    await track(client, { requestId: 'request-7', deadlineMs: 2_000 });
    expect(call?.requestId).toBe('request-7');
    const remainingMs = call!.deadlineAtMs - performance.now();
    expect(remainingMs).toBeGreaterThan(1_000);
    expect(remainingMs).toBeLessThanOrEqual(2_000);
    await track(client, { requestId: 'x'.repeat(200) });
    expect(call?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is told when the caller gives up', async () => {
    let signal: AbortSignal | undefined;
    const { server } = await serve({
      track: (_body, call) => {
        signal = call.signal;
        return new Promise((resolve) => call.signal.addEventListener('abort', () => resolve(ok(verdict))));
      },
    });
    const { error } = await track(connect(server), { deadlineMs: 100 });
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
    await expect.poll(() => signal?.aborted).toBe(true);
  });

  it('is told when the default deadline of a caller without one passes', async () => {
    const { server } = await serve(
      {
        track: (_body, call) =>
          new Promise((resolve) =>
            call.signal.addEventListener('abort', () => resolve(err(stageError('timeout', 'store', 'late')))),
          ),
      },
      { defaultDeadlineMs: 50 },
    );
    const error = await new Promise<ServiceError | null>((resolve) =>
      connect(server).track(request, (failure) => resolve(failure)),
    );
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
  });

  it('answers each request of a stream in order', async () => {
    const { server } = await serve({});
    const stream = connect(server).trackStream();
    const batches: number[] = [];
    const ended = new Promise((resolve) => stream.on('end', resolve));
    stream.on('data', (response: eventV1.TrackStreamResponse) => batches.push(response.batch));
    for (const batch of [1, 2, 3]) stream.write({ batch, events: [] });
    stream.end();
    await ended;
    expect(batches).toEqual([1, 2, 3]);
  });

  it('ends a stream with the status of its failure', async () => {
    const { server } = await serve({ trackStream: () => err(stageError('dependency', 'redis', 'is away')) });
    const stream = connect(server).trackStream();
    const failed = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
    stream.on('data', () => undefined);
    stream.write({ batch: 1, events: [] });
    expect(await failed).toMatchObject({ code: status.UNAVAILABLE, details: 'redis: is away' });
  });
});

describe('a failure', () => {
  it.each([
    ['client', status.INVALID_ARGUMENT],
    ['timeout', status.DEADLINE_EXCEEDED],
    ['dependency', status.UNAVAILABLE],
    ['model', status.INTERNAL],
  ] as [StageErrorKind, status][])('of kind %s becomes its status', async (kind, code) => {
    expect(await codeOf(() => err(stageError(kind, 'light-ranker', 'because')))).toEqual({
      code,
      details: 'light-ranker: because',
    });
  });

  it('for a release that is not loaded keeps its reason as it is', async () => {
    expect(await codeOf(() => err(stageError('client', 'light-ranker', RELEASE_NOT_LOADED)))).toEqual({
      code: status.FAILED_PRECONDITION,
      details: RELEASE_NOT_LOADED,
    });
  });

  it('for a bad field names it in the message and in the trailers', async () => {
    const { server } = await serve({
      track: () => {
        throw invalidArgument('k', 'must be 1 to 500, is 0');
      },
    });
    const { error } = await track(connect(server), { requestId: 'request-8' });
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'k: must be 1 to 500, is 0' });
    expect(error?.metadata.get('x-error-field')).toEqual(['k']);
    expect(error?.metadata.get('x-request-id')).toEqual(['request-8']);
  });

  it('that is a bug tells the caller nothing and the log everything', async () => {
    const { server, lines } = await serve({
      track: () => {
        throw new Error('password is hunter2');
      },
    });
    const { error } = await track(connect(server), { requestId: 'request-9' });
    expect(error?.code).toBe(status.INTERNAL);
    expect(error?.details).not.toContain('hunter2');
    const line = lines.find(({ level }) => level === 'error');
    expect(line).toMatchObject({ requestId: 'request-9', err: { message: 'password is hunter2' } });
  });
});

describe('an RPC server', () => {
  it('counts and times every call by method and code', async () => {
    const { server, registry } = await serve({
      track: ({ events }) => (events.length > 0 ? ok(verdict) : err(invalidArgument('events', 'is empty'))),
    });
    const client = connect(server);
    await track(client);
    await track(client, { body: { events: [] } });
    const metrics = await registry.metrics();
    expect(metrics).toContain('winnow_rpc_duration_seconds_count{method="EventService/Track",code="OK"} 1');
    expect(metrics).toContain(
      'winnow_rpc_duration_seconds_count{method="EventService/Track",code="INVALID_ARGUMENT"} 1',
    );
    expect(metrics).toContain('winnow_rpc_in_flight 0');
  });

  it('refuses a request that is too large', async () => {
    const { server } = await serve({});
    const body = eventV1.TrackRequest.fromPartial({ events: [{ userId: 'x'.repeat(5 * 1024 * 1024) }] });
    const client = connect(server, { 'grpc.max_send_message_length': -1 });
    const { error } = await track(client, { body });
    expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect((await track(client)).error).toBeNull();
  });

  it('refuses calls beyond its limit at once and serves again afterwards', async () => {
    const release: (() => void)[] = [];
    const { server } = await serve(
      { track: () => new Promise((resolve) => release.push(() => resolve(ok(verdict)))) },
      { concurrentMax: 2 },
    );
    const client = connect(server);
    const held = [track(client), track(client)];
    await expect.poll(() => release.length).toBe(2);
    const { error } = await track(client);
    expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    expect(error?.details).toContain('more than 2 calls at once');
    for (const resolve of release.splice(0)) resolve();
    expect((await Promise.all(held)).map((reply) => reply.error)).toEqual([null, null]);
    const after = track(client);
    await expect.poll(() => release.length).toBe(1);
    release[0]();
    expect((await after).error).toBeNull();
  });

  it('is not healthy until it is made ready, service by service', async () => {
    const { server } = await serve({});
    const health = connectHealth(server);
    expect(await healthOf(health, '')).toBe('NOT_SERVING');
    expect(await healthOf(health, 'winnow.v1.EventService')).toBe('NOT_SERVING');
    server.setReady(true);
    expect(await healthOf(health, '')).toBe('SERVING');
    server.setReady(false, 'winnow.v1.EventService');
    expect(await healthOf(health, 'winnow.v1.EventService')).toBe('NOT_SERVING');
    expect(await healthOf(health, '')).toBe('SERVING');
    expect(await healthOf(health, 'winnow.v1.Unknown')).toContain('unknown');
  });

  it('reflects its own services and no others, unless told not to', async () => {
    const { server } = await serve({});
    expect(await reflectedServices(server)).toEqual(['winnow.v1.EventService']);
    const { server: silent } = await serve({}, { reflection: false });
    await expect(reflectedServices(silent)).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });

  it('reflects in production only where it is told to', () => {
    expect(isReflectedByDefault({})).toBe(true);
    expect(isReflectedByDefault({ NODE_ENV: 'production' })).toBe(false);
    expect(isReflectedByDefault({ NODE_ENV: 'production', WINNOW_REFLECTION: 'on' })).toBe(true);
    expect(isReflectedByDefault({ WINNOW_REFLECTION: 'off' })).toBe(false);
  });

  it('says which address it cannot have', async () => {
    const { server } = await serve({});
    await expect(serve({}, { address: server.address })).rejects.toThrow(
      `cannot listen on ${server.address}`,
    );
  });
});

describe('a server that drains', () => {
  it('turns unhealthy, finishes the calls in flight and takes no more', async () => {
    let finish: () => void = () => undefined;
    const { server } = await serve({
      track: () => new Promise((resolve) => (finish = () => resolve(ok(verdict)))),
    });
    server.setReady(true);
    const watched: string[] = [];
    const stream = connectHealth(server).watch({ service: '' });
    stream.on('data', ({ status: health }) => watched.push(health));
    stream.on('error', () => undefined);
    await expect.poll(() => watched).toEqual(['SERVING']);
    const client = connect(server);
    const held = track(client);
    await expect.poll(() => server.inFlight).toBe(1);
    const drained = server.drain(5_000);
    await expect.poll(() => watched).toEqual(['SERVING', 'NOT_SERVING']);
    finish();
    expect((await held).error).toBeNull();
    expect(await drained).toBe(0);
    expect((await track(client, { deadlineMs: 300 })).error).not.toBeNull();
  });

  it('cuts off what outlasts the grace and says how much', async () => {
    const { server } = await serve({ track: () => new Promise(() => undefined) });
    const held = track(connect(server));
    await expect.poll(() => server.inFlight).toBe(1);
    expect(await server.drain(50)).toBe(1);
    expect((await held).error).not.toBeNull();
  });

  it('ends open streams and tells them to come again', async () => {
    const { server } = await serve({});
    const stream = connect(server).trackStream();
    const failed = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
    const answered = new Promise((resolve) => stream.once('data', resolve));
    stream.write({ batch: 1, events: [] });
    await answered;
    expect(await server.drain(5_000)).toBe(0);
    expect(await failed).toMatchObject({ code: status.UNAVAILABLE });
  });
});

describe('bindService', () => {
  it('takes every generated service that has unary methods', () => {
    const bound = bindService(releaseV1.ReleaseServiceService, {
      listReleases: () => ok({ releases: [], serving: '' }),
      promoteRelease: () => err(invalidArgument('version', 'is unknown')),
      rollBackRelease: () => ok({ current: 'a', previous: 'b' }),
    });
    expect(bound.name).toBe('winnow.v1.ReleaseService');
    expect(bound.methods.map((method) => method.name)).toEqual([
      'listReleases',
      'promoteRelease',
      'rollBackRelease',
    ]);
  });
});

/** Asks as grpcurl does, with the contract that the reflection package itself ships. */
async function reflectedServices(server: RpcServer): Promise<string[]> {
  const reflection = createRequire(import.meta.url).resolve('@grpc/reflection');
  const definition = loadSync(join(dirname(reflection), '../proto/grpc/reflection/v1/reflection.proto'), {});
  const Client = makeGenericClientConstructor(
    definition['grpc.reflection.v1.ServerReflection'] as ServiceDefinition,
    'ServerReflection',
  );
  const client = new Client(server.address, credentials.createInsecure());
  cleanups.push(() => client.close());
  const stream = (client as unknown as { ServerReflectionInfo(): ReflectionStream }).ServerReflectionInfo();
  const ask = (body: object): Promise<ReflectionReply> =>
    new Promise((resolve, reject) => {
      stream.once('data', resolve);
      stream.once('error', reject);
      stream.write(body);
    });
  const { listServicesResponse } = await ask({ listServices: '*' });
  const symbol = await ask({ fileContainingSymbol: 'winnow.v1.EventService' });
  const files = symbol.fileDescriptorResponse!.fileDescriptorProto;
  const set = Buffer.concat(files.flatMap((file) => [Buffer.from([0x0a, ...varint(file.length)]), file]));
  expect(loadFileDescriptorSetFromBuffer(set)).toHaveProperty(['winnow.v1.EventService']);
  stream.end();
  return listServicesResponse!.service.map(({ name }) => name);
}

interface ReflectionReply {
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
}
interface ReflectionStream {
  once(event: string, listener: (reply: ReflectionReply) => void): void;
  write(body: object): void;
  end(): void;
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}
