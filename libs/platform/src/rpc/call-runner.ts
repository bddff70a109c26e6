import type { Logger } from 'pino';
import { type CallInfo, type IncomingCall, openCall, type OpenCall } from './call-info';
import { RpcError, toRpcError } from './rpc-error';
import type { RpcHandler } from './rpc-handlers';
import type { RpcMetrics } from './rpc-metrics';
import { statusName } from './status';
import { withServerSpan } from './trace-context';

export interface CallRunnerOptions {
  readonly logger: Logger;
  readonly metrics: RpcMetrics;
  /** Unary calls beyond this are refused at once, and so are streams. */
  readonly concurrentMax: number;
  /** For unary calls without a deadline, and for each request of a stream. */
  readonly defaultDeadlineMs: number;
}

/** Calls that are wrong, late or shed are the caller's business; these are ours. */
const OWN_FAULTS = new Set(['INTERNAL', 'UNAVAILABLE']);

/** Runs every call of a server the same way: admission, deadline, span, metrics, log, errors to statuses. */
export class CallRunner {
  readonly #open = { unary: 0, stream: 0 };
  readonly #idleWaiters: (() => void)[] = [];
  readonly #draining = new AbortController();

  constructor(private readonly options: CallRunnerOptions) {}

  get inFlight(): number {
    return this.#open.unary + this.#open.stream;
  }

  get defaultDeadlineMs(): number {
    return this.options.defaultDeadlineMs;
  }

  /** Aborts when streams must end, for they would never do so by themselves. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  /** Ends streams after the request at hand, and resolves when no call is left. */
  drain(): Promise<void> {
    this.#draining.abort();
    return this.inFlight === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Answers with `respond`, exactly once; `work` does the call's part and throws what it fails with. */
  async run(
    incoming: IncomingCall,
    kind: 'unary' | 'stream',
    work: (call: OpenCall) => Promise<void>,
    respond: (error: RpcError | null, requestId: string) => void,
  ): Promise<void> {
    const startedAtMs = performance.now();
    const path = incoming.getPath();
    const method = path.slice(path.lastIndexOf('.') + 1);
    const { logger, metrics } = this.options;
    const defaultDeadlineMs = kind === 'unary' ? this.defaultDeadlineMs : Number.POSITIVE_INFINITY;
    const call = openCall(incoming, { method, logger, defaultDeadlineMs });
    this.#open[kind] += 1;
    metrics.inFlight.inc();
    try {
      await withServerSpan({ path, metadata: incoming.metadata, requestId: call.requestId }, async () => {
        const error = await this.#attempt(call, kind, work);
        respond(error, call.requestId);
        const code = incoming.cancelled ? 'CANCELLED' : statusName(error);
        const durationMs = performance.now() - startedAtMs;
        metrics.duration.observe({ method, code }, durationMs / 1000);
        this.#log(call, error, code, durationMs);
        return { status: code, failed: OWN_FAULTS.has(code) };
      });
    } finally {
      call.close();
      this.#open[kind] -= 1;
      metrics.inFlight.dec();
      if (this.inFlight === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve();
    }
  }

  async #attempt(
    call: OpenCall,
    kind: 'unary' | 'stream',
    work: (call: OpenCall) => Promise<void>,
  ): Promise<RpcError | null> {
    if (this.#open[kind] > this.options.concurrentMax)
      return new RpcError(
        'resource-exhausted',
        `more than ${this.options.concurrentMax} calls at once: retry later, or add replicas`,
      );
    if (call.deadlineAtMs <= performance.now())
      return new RpcError('deadline-exceeded', 'the deadline had passed when the request arrived');
    try {
      await work(call);
      return null;
    } catch (thrown) {
      return toRpcError(thrown);
    }
  }

  #log(call: OpenCall, error: RpcError | null, code: string, durationMs: number): void {
    const level = OWN_FAULTS.has(code) ? 'error' : 'debug';
    if (!this.options.logger.isLevelEnabled(level)) return;
    const fields = { code, durationMs: Math.round(durationMs * 100) / 100 };
    if (!error) call.logger[level](fields, 'answered');
    else call.logger[level]({ ...fields, reason: error.message, err: error.cause }, 'failed');
  }
}

/** The handler's answer, or throws the failure that it returned. */
export async function answer<Request, Response>(
  handler: RpcHandler<Request, Response>,
  request: Request,
  call: CallInfo,
): Promise<Response> {
  const result = await handler(request, call);
  if (result.ok) return result.value;
  throw result.error;
}
