import { status, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { context, propagation } from '@opentelemetry/api';
import type { LaneRequest, LaneResponse, servingV1 } from '@winnow/contracts';
import { serviceError } from './service-error';

export type LaneStream<Request, Response> = ClientDuplexStream<LaneRequest<Request>, LaneResponse<Response>>;

export interface LaneCallOptions {
  /** Wall-clock milliseconds since the epoch. */
  readonly deadlineEpochMs: number;
  readonly requestId?: string;
  readonly signal?: AbortSignal;
}

interface Pending<Response> {
  settle(error: ServiceError | null, response?: Response): void;
}

/**
 * One stream with many calls on it. It stands once the server has said so; when it ends, what is still waited for fails
 * as UNAVAILABLE.
 */
export class CallLane<Request, Response> {
  /** Resolves to what ended it; null when it ended in peace. */
  readonly ended: Promise<ServiceError | null>;
  private readonly pending = new Map<number, Pending<Response>>();
  private nextCall = 1;
  private isOpen = false;
  private isRetired = false;

  constructor(private readonly stream: LaneStream<Request, Response>) {
    stream.on('metadata', () => (this.isOpen = true));
    stream.on('data', (message: LaneResponse<Response>) => this.take(message));
    this.ended = new Promise((resolve) => {
      const end = (error: ServiceError | null): void => {
        this.isOpen = false;
        const reason = error ? `the stream broke: ${error.details}` : 'the stream ended';
        for (const call of this.pending.values()) call.settle(serviceError(status.UNAVAILABLE, reason));
        resolve(error);
      };
      stream.on('error', (error) => end(error as ServiceError));
      stream.on('end', () => end(null));
    });
  }

  /** Whether it takes calls. */
  get stands(): boolean {
    return this.isOpen && !this.isRetired;
  }

  get pendingCount(): number {
    return this.pending.size;
  }

  /** Rejects with a ServiceError, as a unary call does. */
  call(request: Request, { deadlineEpochMs, requestId, signal }: LaneCallOptions): Promise<Response> {
    const call = this.nextCall;
    this.nextCall += 1;
    const deadlineMs = deadlineEpochMs - Date.now();
    return new Promise((resolve, reject) => {
      const settle = (error: ServiceError | null, response?: Response): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
        this.pending.delete(call);
        if (error) reject(error);
        else resolve(response as Response);
        this.endIfIdle();
      };
      const giveUp = (code: status, reason: string): void => {
        this.write({ ...headerOf(call, 0), cancelled: true }, undefined);
        settle(serviceError(code, reason));
      };
      const cancel = (): void => giveUp(status.CANCELLED, 'cancelled by the caller');
      const late = (): void => giveUp(status.DEADLINE_EXCEEDED, 'no answer before the deadline');
      const timer = setTimeout(late, deadlineMs);
      signal?.addEventListener('abort', cancel, { once: true });
      this.pending.set(call, { settle });
      this.write(headerOf(call, deadlineMs, requestId), request);
    });
  }

  /** Takes no more calls, and ends when those on it are answered. */
  retire(): void {
    this.isRetired = true;
    this.endIfIdle();
  }

  /** At once; what is waited for fails. */
  cancel(): void {
    this.stream.cancel();
  }

  private endIfIdle(): void {
    if (this.isRetired && this.pending.size === 0) this.stream.end();
  }

  private write(header: servingV1.CallHeader, request: Request | undefined): void {
    if (this.isOpen) this.stream.write({ header, request });
  }

  private take({ status: answered, response }: LaneResponse<Response>): void {
    // Who gave up is not told.
    const call = answered && this.pending.get(answered.call);
    if (!call) return;
    if (answered.code !== status.OK) call.settle(serviceError(answered.code, answered.message));
    else if (response === undefined)
      call.settle(serviceError(status.INTERNAL, 'an answer without a response'));
    else call.settle(null, response);
  }
}

/** With the trace that the caller is in. */
function headerOf(call: number, deadlineMs: number, requestId = ''): servingV1.CallHeader {
  const traceContext: { traceparent?: string; tracestate?: string } = {};
  propagation.inject(context.active(), traceContext);
  const { traceparent = '', tracestate = '' } = traceContext;
  return { call, deadlineMs, requestId, traceparent, tracestate, cancelled: false };
}
