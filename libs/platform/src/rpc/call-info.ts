import { randomUUID } from 'node:crypto';
import type { Metadata } from '@grpc/grpc-js';
import type { CallContext } from '@winnow/domain';
import type { Logger } from 'pino';

/** Metadata key of the id that follows one request through every service and log line. */
export const REQUEST_ID_KEY = 'x-request-id';
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** What a handler knows of its call besides the request; a `CallContext` to hand downstream. */
export interface CallInfo extends CallContext {
  /** `RecommenderService/Recommend`. */
  readonly method: string;
  /** Aborts when the caller gives up, its deadline passes, or the server is forced down. */
  readonly signal: AbortSignal;
  readonly metadata: Metadata;
  /** Writes the request id with every line. */
  readonly logger: Logger;
}

/** What the calls that handlers are written for have in common: unary ones, streams, and the calls on a lane. */
export interface IncomingCall {
  readonly metadata: Metadata;
  readonly cancelled: boolean;
  /** Default true: it is cancelled when its caller's deadline passes. */
  readonly endsAtDeadline?: boolean;
  getPath(): string;
  getDeadline(): Date | number;
  once(event: 'cancelled', listener: () => void): unknown;
  removeListener(event: 'cancelled', listener: () => void): unknown;
}

/** The caller's id if it is a sane one, else a new one. */
export function requestIdOf(metadata: Metadata): string {
  const [sent] = metadata.get(REQUEST_ID_KEY);
  return typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : randomUUID();
}

export interface OpenCall extends CallInfo {
  /** Releases the timer and the listener. */
  close(): void;
}

/** Starts the clock of a call. A caller that sets no deadline gets `defaultDeadlineMs`, which may be infinite. */
export function openCall(
  call: IncomingCall,
  options: { readonly method: string; readonly logger: Logger; readonly defaultDeadlineMs: number },
): OpenCall {
  const deadline = call.getDeadline();
  const deadlineEpochMs = deadline instanceof Date ? deadline.getTime() : deadline;
  const remainingMs = Number.isFinite(deadlineEpochMs)
    ? deadlineEpochMs - Date.now()
    : options.defaultDeadlineMs;
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  call.once('cancelled', abort);
  // grpc-js cancels at the caller's own deadline; only ours needs a timer.
  const endsByItself = Number.isFinite(deadlineEpochMs) && call.endsAtDeadline !== false;
  const timer = !endsByItself && Number.isFinite(remainingMs) ? setTimeout(abort, remainingMs) : undefined;
  const requestId = requestIdOf(call.metadata);
  let logger: Logger | undefined;
  return {
    method: options.method,
    requestId,
    deadlineAtMs: performance.now() + remainingMs,
    signal: controller.signal,
    metadata: call.metadata,
    get logger() {
      return (logger ??= options.logger.child({ requestId, method: options.method }));
    },
    close: () => {
      clearTimeout(timer);
      call.removeListener('cancelled', abort);
    },
  };
}
