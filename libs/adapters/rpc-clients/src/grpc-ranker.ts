import { credentials } from '@grpc/grpc-js';
import { rankingV1 } from '@winnow/contracts';
import {
  err,
  ok,
  stageError,
  type CallContext,
  type ModelServiceProbe,
  type ModelServiceStatus,
  type Ranker,
  type RankReply,
  type RankRequest,
  type Result,
  type StageError,
} from '@winnow/domain';
import { CallLanes } from './call-lanes';
import { CHANNEL_OPTIONS } from './channel-options';
import { rankReplyViolation } from './reply-checks';
import { RetryBudget, type RetryBudgetOptions } from './retry-budget';
import { StageClient } from './stage-client';
import { rankReplyFromWire, rankRequestToWire } from './wire-mapping';

export interface StageServiceOptions {
  /** `host:port`, or any target that gRPC resolves; several addresses are used in turn. */
  readonly address: string;
  /** Name in `degraded` lists and spans: `light-ranker`. */
  readonly component: string;
  readonly retryBudget?: RetryBudgetOptions;
}

/** The light or the heavy ranker, over gRPC. Connects at the first call and again whenever the service returns. */
export class GrpcRanker implements Ranker, ModelServiceProbe {
  private readonly client: rankingV1.RankingServiceClient;
  private readonly stage: StageClient;
  private readonly lanes: CallLanes<rankingV1.RankRequest, rankingV1.RankResponse>;

  constructor(private readonly options: StageServiceOptions) {
    const { address, component, retryBudget } = options;
    this.client = new rankingV1.RankingServiceClient(address, credentials.createInsecure(), CHANNEL_OPTIONS);
    this.stage = new StageClient({ component, retryBudget: new RetryBudget(retryBudget) });
    this.lanes = new CallLanes({ open: () => this.client.rankStream() });
  }

  async rank(request: RankRequest, context: CallContext): Promise<Result<RankReply, StageError>> {
    const answered = await this.stage.call(
      {
        path: 'winnow.v1.RankingService/Rank',
        method: this.client.rank.bind(this.client),
        request: rankRequestToWire(request),
        lanes: this.lanes,
      },
      context,
    );
    if (!answered.ok) return answered;
    const reply = rankReplyFromWire(answered.value);
    const violation = rankReplyViolation(request, reply);
    return violation ? err(stageError('model', this.options.component, violation)) : ok(reply);
  }

  status(context: CallContext): Promise<Result<ModelServiceStatus, StageError>> {
    return this.stage.status(
      {
        path: 'winnow.v1.RankingService/GetStatus',
        method: this.client.getStatus.bind(this.client),
        request: { request: {} },
      },
      context,
    );
  }

  close(): void {
    this.lanes.close();
    this.client.close();
  }
}
