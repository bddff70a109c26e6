import { recommenderV1 } from '@winnow/contracts';
import { ok } from '@winnow/domain';
import type { StageTiming } from '@winnow/pipeline';
import { bindService, invalidArgument, RpcError, type BoundService } from '@winnow/platform';
import type { RecommendRequestReader } from '../requests/recommend-command';
import type { AdmissionGate } from '../serving/admission';
import type { Recommender } from '../serving/recommender';
import { recommendReply } from './recommend-reply';

export interface RecommenderServiceOptions {
  readonly reader: RecommendRequestReader;
  readonly recommender: Recommender;
  readonly admission: AdmissionGate;
  readonly onShed: () => void;
}

const stageOf = (stage: string, durationMs: number): StageTiming => ({
  stage,
  durationMs,
  countIn: 0,
  countOut: 0,
});

/** `RecommenderService`: checks the request, runs the funnel, replies, and only then runs the side effects. */
export function recommenderService(options: RecommenderServiceOptions): BoundService {
  const { reader, recommender, admission, onShed } = options;
  return bindService(recommenderV1.RecommenderServiceService, {
    recommend: async (request, call) => {
      const startedAtMs = performance.now();
      const command = reader.read(request);
      const admitted = admission.admit();
      if (!admitted) {
        onShed();
        throw new RpcError('resource-exhausted', 'too many requests are in flight; try again in a moment');
      }
      try {
        const { loadFactor } = admitted;
        const { requestId, deadlineAtMs, signal } = call;
        const readAtMs = performance.now();
        const result = await recommender.recommend(command, { requestId, deadlineAtMs, signal, loadFactor });
        if (!result.ok) {
          const { error } = result;
          const isCallers = !(error instanceof RpcError) && error.kind === 'client';
          throw isCallers ? invalidArgument(error.component, error.reason) : error;
        }
        const { slate, missingItemIds, afterReply } = result.value;
        setImmediate(
          () => void afterReply().catch((bug: unknown) => call.logger.error({ err: bug }, 'side effect')),
        );
        const inFunnelMs = slate.timings.reduce((sum, { durationMs }) => sum + durationMs, 0);
        const validateMs = readAtMs - startedAtMs;
        const assembleMs = performance.now() - readAtMs - inFunnelMs;
        const timings = [stageOf('validate', validateMs), ...slate.timings, stageOf('assemble', assembleMs)];
        return ok(recommendReply(slate, { explain: command.explain, missingItemIds, timings }));
      } finally {
        admitted.release();
      }
    },
  });
}
