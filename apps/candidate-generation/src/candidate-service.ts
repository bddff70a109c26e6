import { candidateV1 } from '@winnow/contracts';
import {
  err,
  ok,
  RELEASE_NOT_LOADED,
  stageError,
  type ModelServiceStatus,
  type RetrieveRequest,
} from '@winnow/domain';
import {
  CallLane,
  invalidArgument,
  type ReleaseHost,
  type RpcHandler,
  type RpcHandlers,
} from '@winnow/platform';
import { retrieveReplyToWire, retrieveRequestFromWire, statusToWire } from '@winnow/rpc-clients';
import type { CandidateRelease } from './candidate-release';

const COMPONENT = 'candidate-generation';
const SOURCE_COUNT_MAX = 8;
const QUOTA_MAX = 5000;
const EXCLUDED_COUNT_MAX = 100_000;
const HISTORY_COUNT_MAX = 10_000;

export interface CandidateServiceOptions {
  /** Runs work with a loaded release, or with the current one for an empty version; null when it is not loaded. */
  readonly releases: Pick<ReleaseHost<CandidateRelease>, 'use'>;
  readonly status: () => ModelServiceStatus;
}

/** `CandidateService` over the releases that are loaded. */
export function candidateService({
  releases,
  status,
}: CandidateServiceOptions): RpcHandlers<typeof candidateV1.CandidateServiceService> {
  const retrieve: RpcHandler<candidateV1.RetrieveRequest, candidateV1.RetrieveResponse> = async (wire) => {
    const request = checkedRequest(wire);
    const reply = await releases.use(request.release, ({ engine, manifest }) => {
      checkEventTypes(request, manifest.eventTypes.length);
      return engine.retrieve({ ...request, release: manifest.version });
    });
    if (!reply) return err(stageError('dependency', COMPONENT, RELEASE_NOT_LOADED));
    return reply.ok ? ok(retrieveReplyToWire(reply.value)) : reply;
  };
  return {
    retrieve,
    retrieveStream: new CallLane(candidateV1.CandidateServiceService.retrieve.path, retrieve),
    getStatus: () => ok({ status: statusToWire(status()) }),
  };
}

/** Every bound that protects this process; throws `invalidArgument` that names the field. */
function checkedRequest(wire: candidateV1.RetrieveRequest): RetrieveRequest {
  const { sources, excludedOrdinals, query } = wire;
  if (sources.length === 0 || sources.length > SOURCE_COUNT_MAX)
    throw invalidArgument('sources', `must be 1 to ${SOURCE_COUNT_MAX}, are ${sources.length}`);
  for (const [at, { quota }] of sources.entries())
    if (quota < 1 || quota > QUOTA_MAX)
      throw invalidArgument(`sources[${at}].quota`, `must be 1 to ${QUOTA_MAX}, is ${quota}`);
  if (excludedOrdinals.length > EXCLUDED_COUNT_MAX)
    throw invalidArgument(
      'excluded_ordinals',
      `must be at most ${EXCLUDED_COUNT_MAX}, are ${excludedOrdinals.length}`,
    );
  const historyCount = query?.historyOrdinals.length ?? 0;
  if (historyCount > HISTORY_COUNT_MAX)
    throw invalidArgument(
      'query.history_ordinals',
      `must be at most ${HISTORY_COUNT_MAX}, are ${historyCount}`,
    );
  try {
    return retrieveRequestFromWire(wire);
  } catch (thrown) {
    if (thrown instanceof RangeError) throw invalidArgument('query', thrown.message);
    throw thrown;
  }
}

/** An event type that the release does not have would read beyond its tables. */
function checkEventTypes({ query }: RetrieveRequest, eventTypeCount: number): void {
  for (const [at, { eventType }] of query.history.entries())
    if (eventType >= eventTypeCount)
      throw invalidArgument(
        `query.history_event_types[${at}]`,
        `must be below ${eventTypeCount}, is ${eventType}`,
      );
}
