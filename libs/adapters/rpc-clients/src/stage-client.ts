import { status, type ServiceError } from '@grpc/grpc-js';
import {
  err,
  ok,
  stageError,
  type CallContext,
  type ModelServiceStatus,
  type Result,
  type StageError,
} from '@winnow/domain';
import type { servingV1 } from '@winnow/contracts';
import type { CallLanes } from './call-lanes';
import type { RetryBudget } from './retry-budget';
import { stageErrorOf } from './stage-errors';
import { statusFromWire } from './wire-mapping';
import { inClientSpan, sendUnary, type UnaryMethod } from './unary-call';

/** A second attempt with less time than this could only fail. */
const RETRY_REMAINING_MS_MIN = 5;

export interface StageClientOptions {
  /** Name in `degraded` lists, logs and spans: `heavy-ranker`. */
  readonly component: string;
  readonly retryBudget: RetryBudget;
}

/** Calls of one stage: deadline from the context, at most one retry, failures as values. */
export class StageClient {
  constructor(private readonly options: StageClientOptions) {}

  /** Retries once when the call reached no server (UNAVAILABLE), time is left and the budget allows it. */
  async call<Request, Response>(
    call: {
      readonly path: string;
      readonly method: UnaryMethod<Request, Response>;
      readonly request: Request;
      /** Carry the first attempt while they stand. */
      readonly lanes?: Pick<CallLanes<Request, Response>, 'call'>;
    },
    { deadlineAtMs, requestId, signal }: CallContext,
  ): Promise<Result<Response, StageError>> {
    const { component, retryBudget } = this.options;
    retryBudget.earn();
    for (let attempt = 1; ; attempt += 1) {
      const remainingMs = deadlineAtMs - performance.now();
      if (remainingMs <= 0) return err(stageError('timeout', component, 'no time was left to ask'));
      if (signal?.aborted) return err(stageError('timeout', component, 'cancelled by the caller'));
      try {
        const deadlineEpochMs = Date.now() + remainingMs;
        const options = { deadlineEpochMs, requestId, signal };
        const send = (): Promise<Response> =>
          (attempt === 1 && call.lanes?.call(call.request, options)) || sendUnary({ ...call, ...options });
        return ok(await inClientSpan(call.path, send));
      } catch (thrown) {
        const error = thrown as ServiceError;
        if (error.code === undefined) throw thrown;
        const mayRetry =
          attempt === 1 &&
          error.code === status.UNAVAILABLE &&
          deadlineAtMs - performance.now() >= RETRY_REMAINING_MS_MIN &&
          retryBudget.spend();
        if (!mayRetry) return err(stageErrorOf(component, error));
      }
    }
  }

  /** Asks what the service has loaded; both services that answer from releases wrap the same message. */
  async status<Request>(
    call: {
      readonly path: string;
      readonly method: UnaryMethod<Request, { readonly status?: servingV1.GetStatusResponse }>;
      readonly request: Request;
    },
    context: CallContext,
  ): Promise<Result<ModelServiceStatus, StageError>> {
    const answered = await this.call(call, context);
    if (!answered.ok) return answered;
    const { status: found } = answered.value;
    return found
      ? ok(statusFromWire(found))
      : err(stageError('dependency', this.options.component, 'answered without a status'));
  }
}
