import { EventEmitter } from 'node:events';
import { Metadata, status, type handleBidiStreamingCall, type ServerDuplexStream } from '@grpc/grpc-js';
import type { LaneRequest, LaneResponse, servingV1 } from '@winnow/contracts';
import { type IncomingCall, REQUEST_ID_KEY } from './call-info';
import { answer, type CallRunner } from './call-runner';
import { RpcError } from './rpc-error';
import type { RpcHandler } from './rpc-handlers';
import { toStatus } from './status';

/** The calls of a unary method, many on one bidirectional stream: each is run as it would be alone. */
export class CallLane<Request, Response> {
  constructor(
    /** Path of the unary method: the name of its calls in metrics, logs and spans. */
    readonly path: string,
    readonly handler: RpcHandler<Request, Response>,
  ) {}
}

type LaneStream = ServerDuplexStream<LaneRequest<unknown>, LaneResponse<unknown>>;

/** One message of a lane in the shape of a call of its own. */
class LaneCall extends EventEmitter implements IncomingCall {
  readonly metadata = new Metadata();
  cancelled = false;
  /** Nothing else ends it at its deadline. */
  readonly endsAtDeadline = false;
  private readonly deadlineEpochMs: number;

  constructor(
    { deadlineMs, requestId, traceparent, tracestate }: servingV1.CallHeader,
    private readonly path: string,
  ) {
    super();
    this.deadlineEpochMs = Date.now() + deadlineMs;
    if (requestId) this.metadata.set(REQUEST_ID_KEY, requestId);
    if (traceparent) this.metadata.set('traceparent', traceparent);
    if (tracestate) this.metadata.set('tracestate', tracestate);
  }

  getPath(): string {
    return this.path;
  }

  getDeadline(): number {
    return this.deadlineEpochMs;
  }

  cancel(): void {
    this.cancelled = true;
    this.emit('cancelled');
  }
}

/** One open stream: its calls run side by side, and are answered as they finish. */
class ServerLane {
  private readonly calls = new Map<number, LaneCall>();
  private ending = false;

  constructor(
    private readonly stream: LaneStream,
    private readonly runner: CallRunner,
    private readonly lane: CallLane<unknown, unknown>,
  ) {}

  serve(): void {
    const { stream, runner } = this;
    const end = (): void => this.end();
    const cut = (): void => {
      runner.draining.removeEventListener('abort', end);
      for (const call of this.calls.values()) call.cancel();
    };
    runner.draining.addEventListener('abort', end, { once: true });
    stream.on('data', (message: LaneRequest<unknown>) => this.take(message));
    stream.on('end', end);
    stream.on('cancelled', cut);
    stream.on('close', cut);
    // Says that the lane stands, before any call comes.
    stream.sendMetadata(new Metadata());
    if (runner.draining.aborted) end();
  }

  private take({ header, request }: LaneRequest<unknown>): void {
    if (header?.cancelled) return this.calls.get(header.call)?.cancel();
    if (!header || request === undefined || this.calls.has(header.call)) {
      const reason =
        'a message of a lane needs a header with a call number that is not in use, and a request';
      this.stream.emit('error', toStatus(new RpcError('invalid-argument', reason), ''));
      return;
    }
    void this.run(header, request);
  }

  private async run(header: servingV1.CallHeader, request: unknown): Promise<void> {
    const { path, handler } = this.lane;
    const call = new LaneCall(header, path);
    this.calls.set(header.call, call);
    let response: unknown;
    await this.runner.run(
      call,
      'unary',
      async (info) => {
        response = await answer(handler, request, info);
      },
      (error, requestId) => {
        const { code, details } = error ? toStatus(error, requestId) : { code: status.OK, details: '' };
        this.send({ status: { call: header.call, code, message: details }, response });
      },
    );
    this.calls.delete(header.call);
    if (this.ending) this.end();
  }

  /** A caller that reads slowly is read slowly. */
  private send(message: LaneResponse<unknown>): void {
    const { stream } = this;
    if (stream.cancelled || stream.write(message)) return;
    stream.pause();
    stream.once('drain', () => stream.resume());
  }

  /** Once the calls at hand are answered. */
  private end(): void {
    this.ending = true;
    if (this.calls.size === 0) this.stream.end();
  }
}

export const laneMethod =
  (
    runner: CallRunner,
    lane: CallLane<unknown, unknown>,
  ): handleBidiStreamingCall<LaneRequest<unknown>, LaneResponse<unknown>> =>
  (stream) =>
    new ServerLane(stream, runner, lane).serve();
