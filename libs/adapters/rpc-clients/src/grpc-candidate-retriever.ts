import { credentials } from '@grpc/grpc-js';
import { candidateV1 } from '@winnow/contracts';
import {
  err,
  ok,
  stageError,
  type CallContext,
  type CandidateRetriever,
  type ModelServiceProbe,
  type ModelServiceStatus,
  type Result,
  type RetrieveReply,
  type RetrieveRequest,
  type StageError,
} from '@winnow/domain';
import { CallLanes } from './call-lanes';
import { CHANNEL_OPTIONS } from './channel-options';
import type { StageServiceOptions } from './grpc-ranker';
import { retrieveReplyViolation } from './reply-checks';
import { RetryBudget } from './retry-budget';
import { StageClient } from './stage-client';
import { retrieveReplyFromWire, retrieveRequestToWire } from './wire-mapping';

/** Candidate generation, over gRPC. Connects at the first call and again whenever the service returns. */
export class GrpcCandidateRetriever implements CandidateRetriever, ModelServiceProbe {
  private readonly client: candidateV1.CandidateServiceClient;
  private readonly stage: StageClient;
  private readonly lanes: CallLanes<candidateV1.RetrieveRequest, candidateV1.RetrieveResponse>;

  constructor(private readonly options: StageServiceOptions) {
    const { address, component, retryBudget } = options;
    this.client = new candidateV1.CandidateServiceClient(
      address,
      credentials.createInsecure(),
      CHANNEL_OPTIONS,
    );
    this.stage = new StageClient({ component, retryBudget: new RetryBudget(retryBudget) });
    this.lanes = new CallLanes({ open: () => this.client.retrieveStream() });
  }

  async retrieve(request: RetrieveRequest, context: CallContext): Promise<Result<RetrieveReply, StageError>> {
    const answered = await this.stage.call(
      {
        path: 'winnow.v1.CandidateService/Retrieve',
        method: this.client.retrieve.bind(this.client),
        request: retrieveRequestToWire(request),
        lanes: this.lanes,
      },
      context,
    );
    if (!answered.ok) return answered;
    const reply = retrieveReplyFromWire(answered.value);
    const violation = retrieveReplyViolation(request, reply);
    return violation ? err(stageError('model', this.options.component, violation)) : ok(reply);
  }

  status(context: CallContext): Promise<Result<ModelServiceStatus, StageError>> {
    return this.stage.status(
      {
        path: 'winnow.v1.CandidateService/GetStatus',
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
