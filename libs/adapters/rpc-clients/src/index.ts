export { CHANNEL_OPTIONS } from './channel-options';
export { EventBuffer, type BufferRefusal, type EventBufferOptions, type EventInit } from './event-buffer';
export { GrpcCandidateRetriever } from './grpc-candidate-retriever';
export { GrpcRanker, type StageServiceOptions } from './grpc-ranker';
export { isServing } from './health-check';
export { rankReplyViolation, retrieveReplyViolation } from './reply-checks';
export { RetryBudget, type RetryBudgetOptions } from './retry-budget';
export { stageErrorOf } from './stage-errors';
export { createWinnowClient, type WinnowClient, type WinnowClientOptions } from './winnow-client';
export {
  queryFeaturesFromWire,
  queryFeaturesToWire,
  rankReplyFromWire,
  rankReplyToWire,
  rankRequestFromWire,
  rankRequestToWire,
  retrieveReplyFromWire,
  retrieveReplyToWire,
  retrieveRequestFromWire,
  retrieveRequestToWire,
  statusFromWire,
  statusToWire,
} from './wire-mapping';
