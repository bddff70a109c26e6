import { requestOf } from '@winnow/models';
import type { RankingExamples, RankingModel } from '@winnow/models';

const TIMED_REQUESTS = 500;
const WARM_UP_REQUESTS = 50;

export interface RequestCostOptions {
  /** Of each request, where the query has as many. */
  readonly candidateCount: number;
  /** CPU time of this process: unlike the clock, it does not count what else the machine does. */
  readonly cpuMs: () => number;
}

/** CPU time of a candidate in requests for so many, features computed, in microseconds. */
export async function cpuMicrosecondsPerCandidate(
  model: RankingModel,
  examples: RankingExamples,
  { candidateCount, cpuMs }: RequestCostOptions,
): Promise<number> {
  const rankSome = async (requestCount: number): Promise<number> => {
    let asked = 0;
    for (let request = 0; request < requestCount; request += 1) {
      const { ordinals, features, ...rest } = requestOf(examples, request % examples.queryCount);
      const some = ordinals.subarray(0, candidateCount);
      await model.rank({
        ...rest,
        ordinals: some,
        features: features.subarray(0, some.length * examples.featureCount),
      });
      asked += some.length;
    }
    return asked;
  };
  await rankSome(WARM_UP_REQUESTS);
  const startedAtCpuMs = cpuMs();
  const asked = await rankSome(TIMED_REQUESTS);
  return (1000 * (cpuMs() - startedAtCpuMs)) / asked;
}
