import { rankingV1 } from '@winnow/contracts';
import { err, ok, RELEASE_NOT_LOADED, stageError } from '@winnow/domain';
import type { ModelServiceStatus, RankRequest } from '@winnow/domain';
import { CallLane, invalidArgument } from '@winnow/platform';
import type { ReleaseHost, RpcHandler, RpcHandlers } from '@winnow/platform';
import { rankReplyToWire, rankRequestFromWire, statusToWire } from '@winnow/rpc-clients';
import type { RankerRelease } from './ranker-release';

const ORDINAL_COUNT_MAX = 5_000;
const HISTORY_COUNT_MAX = 10_000;

export interface RankingServiceOptions {
  /** Name in errors. */
  readonly component: string;
  readonly releases: Pick<ReleaseHost<RankerRelease>, 'use'>;
  readonly status: () => ModelServiceStatus;
}

/** `RankingService` over the releases that are loaded. */
export function rankingService({
  component,
  releases,
  status,
}: RankingServiceOptions): RpcHandlers<typeof rankingV1.RankingServiceService> {
  const rank: RpcHandler<rankingV1.RankRequest, rankingV1.RankResponse> = async (wire, call) => {
    // One thread ranks, so calls queue: what nobody waits for any more must not delay the others.
    if (performance.now() >= call.deadlineAtMs)
      return err(stageError('timeout', component, 'the deadline had passed before ranking began'));
    const request = checkedRequest(wire);
    const reply = await releases.use(request.release, ({ engine, manifest }) => {
      checkAgainst(request, manifest);
      return engine.rank({ ...request, release: manifest.version });
    });
    if (!reply) return err(stageError('dependency', component, RELEASE_NOT_LOADED));
    return reply.ok ? ok(rankReplyToWire(reply.value)) : reply;
  };
  return {
    rank,
    rankStream: new CallLane(rankingV1.RankingServiceService.rank.path, rank),
    getStatus: () => ok({ status: statusToWire(status()) }),
  };
}

/** Every bound that protects this process; throws `invalidArgument` that names the field. */
function checkedRequest(wire: rankingV1.RankRequest): RankRequest {
  const { ordinals, query, queryVector } = wire;
  if (ordinals.length > ORDINAL_COUNT_MAX)
    throw invalidArgument('ordinals', `must be at most ${ORDINAL_COUNT_MAX}, are ${ordinals.length}`);
  const historyCount = query?.historyOrdinals.length ?? 0;
  if (historyCount > HISTORY_COUNT_MAX)
    throw invalidArgument(
      'query.history_ordinals',
      `must be at most ${HISTORY_COUNT_MAX}, are ${historyCount}`,
    );
  if (!queryVector.every(Number.isFinite)) throw invalidArgument('query_vector', 'must be finite');
  try {
    return rankRequestFromWire(wire);
  } catch (thrown) {
    if (thrown instanceof RangeError) throw invalidArgument('query', thrown.message);
    throw thrown;
  }
}

/** What is wrong only for this release: its event types and its dimension. */
function checkAgainst(
  { query, queryVector }: RankRequest,
  { eventTypes, dimension }: RankerRelease['manifest'],
): void {
  if (queryVector && queryVector.length !== dimension)
    throw invalidArgument('query_vector', `must have ${dimension} numbers, has ${queryVector.length}`);
  for (const [at, { eventType }] of query.history.entries())
    if (eventType >= eventTypes.length)
      throw invalidArgument(
        `query.history_event_types[${at}]`,
        `must be below ${eventTypes.length}, is ${eventType}`,
      );
}
