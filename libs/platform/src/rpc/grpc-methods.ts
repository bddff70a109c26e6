import { once } from 'node:events';
import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import type { CallInfo } from './call-info';
import { CallLane, laneMethod } from './call-lane';
import { answer, type CallRunner } from './call-runner';
import { RpcError } from './rpc-error';
import type { BoundService, RpcHandler } from './rpc-handlers';
import { toStatus, trailers } from './status';

const unaryMethod =
  (runner: CallRunner, handler: RpcHandler<unknown, unknown>): handleUnaryCall<unknown, unknown> =>
  (call, callback) => {
    let response: unknown;
    void runner.run(
      call,
      'unary',
      async (info) => {
        response = await answer(handler, call.request, info);
      },
      (error, requestId) =>
        error ? callback(toStatus(error, requestId)) : callback(null, response, trailers(requestId)),
    );
  };

/** Waits for room in the send window, so that a slow reader slows us and fills no memory. */
async function send(
  stream: ServerDuplexStream<unknown, unknown>,
  message: unknown,
  signal: AbortSignal,
): Promise<void> {
  if (!stream.write(message)) await once(stream, 'drain', { signal });
}

/** The stream's requests until it ends or the server drains. */
async function* requestsUntilDrain(
  stream: ServerDuplexStream<unknown, unknown>,
  draining: AbortSignal,
): AsyncGenerator<unknown> {
  // The plain iterator destroys the stream at its end, and our answers with it.
  const iterator = stream.iterator({ destroyOnReturn: false });
  let stop: () => void = () => undefined;
  const drained = new Promise<'draining'>((resolve) => {
    stop = () => resolve('draining');
    if (draining.aborted) stop();
    draining.addEventListener('abort', stop, { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), drained]);
      if (next === 'draining')
        throw new RpcError('unavailable', 'this server is going away: open the stream again');
      if (next.done) return;
      yield next.value;
    }
  } finally {
    draining.removeEventListener('abort', stop);
  }
}

/** Each request of a stream has a deadline of its own, within the stream's. */
const callOfRequest = (call: CallInfo, defaultDeadlineMs: number): CallInfo => ({
  ...call,
  deadlineAtMs: Math.min(call.deadlineAtMs, performance.now() + defaultDeadlineMs),
});

const streamMethod =
  (runner: CallRunner, handler: RpcHandler<unknown, unknown>): handleBidiStreamingCall<unknown, unknown> =>
  (stream) => {
    void runner.run(
      stream,
      'stream',
      async (info) => {
        for await (const request of requestsUntilDrain(stream, runner.draining)) {
          const response = await answer(handler, request, callOfRequest(info, runner.defaultDeadlineMs));
          if (info.signal.aborted) return;
          await send(stream, response, info.signal);
        }
      },
      (error, requestId) => {
        if (error) stream.emit('error', toStatus(error, requestId));
        else stream.end(trailers(requestId));
      },
    );
  };

/** The service's methods in the shape that grpc-js takes. */
export const grpcMethods = (service: BoundService, runner: CallRunner): Record<string, UntypedHandleCall> =>
  Object.fromEntries(
    service.methods.map(({ name, definition, handler }) => [
      name,
      handler instanceof CallLane
        ? laneMethod(runner, handler)
        : definition.requestStream
          ? streamMethod(runner, handler)
          : unaryMethod(runner, handler),
    ]),
  );
