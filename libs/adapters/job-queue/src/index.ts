export { BullRetrainingQueue, DEFAULT_RETRY } from './retraining-queue';
export type { RetrainingQueueOptions } from './retraining-queue';
export { startRetrainingWorker } from './retraining-worker';
export type { RetrainingWorkerOptions } from './retraining-worker';
export type { RetryPolicy } from './flow';
export { BullEvaluationQueue } from './evaluation-queue';
export type { EvaluationQueueOptions } from './evaluation-queue';
export { startEvaluationWorker } from './evaluation-worker';
export type { EvaluationWorkerOptions } from './evaluation-worker';
