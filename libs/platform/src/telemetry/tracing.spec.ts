import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { credentials, Metadata } from '@grpc/grpc-js';
import { context, propagation, type Span, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { eventV1 } from '@winnow/contracts';
import { err, ok, stageError } from '@winnow/domain';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { bindService, type RpcHandlers } from '../rpc/rpc-handlers';
import { createRpcServer } from '../rpc/rpc-server';
import { createLogger } from './logger';
import { startTracing } from './tracing';

type Track = RpcHandlers<eventV1.EventServiceService>['track'];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const response = eventV1.TrackResponse.fromPartial({});

async function serve(track: Track, lines: string[] = []): Promise<() => Promise<void>> {
  const logger = createLogger({
    service: 'spec',
    level: 'debug',
    destination: { write: (line) => lines.push(line) },
  });
  const handlers = { track, trackStream: () => ok({ batch: 0, verdicts: [] }) };
  const services = [bindService(eventV1.EventServiceService, handlers)];
  const server = await createRpcServer({
    address: '127.0.0.1:0',
    services,
    logger,
    registry: new Registry(),
  });
  const client = new eventV1.EventServiceClient(server.address, credentials.createInsecure());
  cleanups.push(
    () => server.drain(0),
    () => client.close(),
  );
  return () => {
    const metadata = new Metadata();
    propagation.inject(context.active(), metadata, { set: (carrier, key, value) => carrier.set(key, value) });
    return new Promise((resolve, reject) =>
      client.track({ events: [] }, metadata, (error) => (error ? reject(error) : resolve())),
    );
  };
}

const inRootSpan = (work: (span: Span) => Promise<void>): Promise<void> =>
  trace.getTracer('spec').startActiveSpan('root', async (span) => {
    await work(span).finally(() => span.end());
  });

describe('a trace', () => {
  it('crosses two hops of RPC, each span the child of its caller’s', async () => {
    const exporter = new InMemorySpanExporter();
    const tracing = await startTracing({ service: 'spec', exporter });
    cleanups.push(() => tracing.stop());
    const lines: string[] = [];
    const callBack = await serve(() => ok(response), lines);
    const callFront = await serve(async () => {
      await callBack();
      return ok(response);
    });

    await inRootSpan(callFront);

    const spans = exporter.getFinishedSpans();
    const root = spans.find((span) => span.name === 'root') as ReadableSpan;
    const front = spans.find((span) => span.parentSpanContext?.spanId === root.spanContext().spanId);
    const back = spans.find((span) => span.parentSpanContext?.spanId === front?.spanContext().spanId);
    expect(front?.name).toBe('winnow.v1.EventService/Track');
    expect(back?.name).toBe('winnow.v1.EventService/Track');
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({
      traceId: root.spanContext().traceId,
      spanId: back?.spanContext().spanId,
    });
  });

  it('marks the span of a call that failed through our fault', async () => {
    const exporter = new InMemorySpanExporter();
    const tracing = await startTracing({ service: 'spec', exporter });
    cleanups.push(() => tracing.stop());
    const call = await serve(() => err(stageError('dependency', 'redis', 'is away')));
    await expect(call()).rejects.toThrow('is away');
    await expect.poll(() => exporter.getFinishedSpans().length).toBe(1);
    const [span] = exporter.getFinishedSpans();
    expect(span.status).toEqual({ code: 2, message: 'UNAVAILABLE' });
    expect(span.attributes['rpc.grpc.status_name']).toBe('UNAVAILABLE');
  });

  it('is sent to the collector that the endpoint names', async () => {
    const paths: string[] = [];
    const collector = createServer((request, reply) => {
      paths.push(`${request.method} ${request.url}`);
      request
        .resume()
        .on('end', () => reply.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    });
    await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => collector.close());
    const otlpEndpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}/`;
    const tracing = await startTracing({ service: 'spec', otlpEndpoint });
    await inRootSpan(() => Promise.resolve());
    await tracing.stop();
    expect(paths).toEqual(['POST /v1/traces']);
  });

  it('is not made when no collector is named', async () => {
    const tracing = await startTracing({ service: 'spec' });
    await inRootSpan((span) => {
      expect(span.isRecording()).toBe(false);
      return Promise.resolve();
    });
    await tracing.stop();
  });
});
