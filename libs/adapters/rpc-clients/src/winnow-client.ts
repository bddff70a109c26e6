import { credentials, status, type ServiceError } from '@grpc/grpc-js';
import { catalogV1, eventV1, recommenderV1, releaseV1 } from '@winnow/contracts';
import { CHANNEL_OPTIONS } from './channel-options';
import { EventBuffer, type EventBufferOptions } from './event-buffer';
import { isServing } from './health-check';
import { RetryBudget } from './retry-budget';
import { unaryCall, type UnaryMethod } from './unary-call';

/** A message with any of its fields left out. */
type Init<Message extends { fromPartial(partial: never): unknown }> = Parameters<Message['fromPartial']>[0];

export interface WinnowClientOptions {
  /**
   * The orchestrator: recommendations and releases. Any gRPC target; of several replicas, named in DNS or as
   * `ipv4:10.0.0.1:7700,10.0.0.2:7700`, each is used in turn.
   */
  readonly recommenderAddress: string;
  /** The event collector: events and the catalogue. */
  readonly collectorAddress: string;
  /** Deadline of each call; 10,000 when left out. */
  readonly timeoutMs?: number;
}

/** The public services as promises. Connects at the first call; calls reject with grpc-js' ServiceError. */
export interface WinnowClient {
  /** Asks once more, within the deadline, when the replica that it asked has died: reading twice does no harm. */
  recommend(
    request: Init<typeof recommenderV1.RecommendRequest>,
    options?: { readonly timeoutMs?: number; readonly requestId?: string },
  ): Promise<recommenderV1.RecommendResponse>;
  track(events: readonly Init<typeof eventV1.Event>[]): Promise<eventV1.TrackResponse>;
  /** A buffer before `track` that outlasts outages of the collector; close it before the client. */
  bufferEvents(options?: EventBufferOptions): EventBuffer;
  upsertItems(items: readonly Init<typeof catalogV1.Item>[]): Promise<catalogV1.UpsertItemsResponse>;
  getItem(itemId: string): Promise<catalogV1.GetItemResponse>;
  deleteItems(itemIds: readonly string[]): Promise<catalogV1.DeleteItemsResponse>;
  upsertUsers(users: readonly Init<typeof catalogV1.User>[]): Promise<catalogV1.UpsertUsersResponse>;
  getUser(userId: string): Promise<catalogV1.GetUserResponse>;
  deleteUser(userId: string): Promise<catalogV1.DeleteUserResponse>;
  listReleases(): Promise<releaseV1.ListReleasesResponse>;
  promoteRelease(version: string): Promise<releaseV1.PromoteReleaseResponse>;
  rollBackRelease(): Promise<releaseV1.RollBackReleaseResponse>;
  /** Whether both services say that they can do their work. */
  isServing(): Promise<boolean>;
  close(): void;
}

const TIMEOUT_MS_DEFAULT = 10_000;

export function createWinnowClient(options: WinnowClientOptions): WinnowClient {
  const { recommenderAddress, collectorAddress, timeoutMs = TIMEOUT_MS_DEFAULT } = options;
  const insecure = credentials.createInsecure();
  const recommender = new recommenderV1.RecommenderServiceClient(
    recommenderAddress,
    insecure,
    CHANNEL_OPTIONS,
  );
  const releases = new releaseV1.ReleaseServiceClient(recommenderAddress, insecure, CHANNEL_OPTIONS);
  const events = new eventV1.EventServiceClient(collectorAddress, insecure, CHANNEL_OPTIONS);
  const catalog = new catalogV1.CatalogServiceClient(collectorAddress, insecure, CHANNEL_OPTIONS);
  const retryBudget = new RetryBudget();
  const ask = <Request, Response>(
    path: string,
    method: UnaryMethod<Request, Response>,
    request: Request,
    more: { readonly timeoutMs?: number; readonly requestId?: string } = {},
  ): Promise<Response> =>
    unaryCall({
      path: `winnow.v1.${path}`,
      method,
      request,
      requestId: more.requestId,
      deadlineEpochMs: Date.now() + (more.timeoutMs ?? timeoutMs),
    });
  const track: WinnowClient['track'] = (batch) =>
    ask(
      'EventService/Track',
      events.track.bind(events),
      eventV1.TrackRequest.fromPartial({ events: [...batch] }),
    );
  return {
    recommend: (request, more) =>
      oneMoreTry(retryBudget, more?.timeoutMs ?? timeoutMs, (remainingMs) =>
        ask(
          'RecommenderService/Recommend',
          recommender.recommend.bind(recommender),
          recommenderV1.RecommendRequest.fromPartial(request),
          { ...more, timeoutMs: remainingMs },
        ),
      ),
    track,
    bufferEvents: (bufferOptions) => new EventBuffer(track, bufferOptions),
    ...catalogMethods(catalog, ask),
    listReleases: () => ask('ReleaseService/ListReleases', releases.listReleases.bind(releases), {}),
    promoteRelease: (version) =>
      ask('ReleaseService/PromoteRelease', releases.promoteRelease.bind(releases), { version }),
    rollBackRelease: () => ask('ReleaseService/RollBackRelease', releases.rollBackRelease.bind(releases), {}),
    isServing: async () =>
      (await Promise.all([isServing(recommenderAddress), isServing(collectorAddress)])).every(Boolean),
    close: () => [recommender, releases, events, catalog].forEach((client) => client.close()),
  };
}

/** Runs a call that may be repeated, and once more when it reached no server and the budget and the time allow it. */
async function oneMoreTry<Response>(
  retryBudget: RetryBudget,
  timeoutMs: number,
  call: (remainingMs: number) => Promise<Response>,
): Promise<Response> {
  const startedAtMs = performance.now();
  retryBudget.earn();
  try {
    return await call(timeoutMs);
  } catch (thrown) {
    const remainingMs = timeoutMs - (performance.now() - startedAtMs);
    const unreached = (thrown as ServiceError).code === status.UNAVAILABLE;
    if (!unreached || remainingMs <= 0 || !retryBudget.spend()) throw thrown;
    return call(remainingMs);
  }
}

type Ask = <Request, Response>(
  path: string,
  method: UnaryMethod<Request, Response>,
  request: Request,
) => Promise<Response>;

type CatalogMethods = Pick<
  WinnowClient,
  'upsertItems' | 'getItem' | 'deleteItems' | 'upsertUsers' | 'getUser' | 'deleteUser'
>;

function catalogMethods(client: catalogV1.CatalogServiceClient, ask: Ask): CatalogMethods {
  return {
    upsertItems: (items) =>
      ask(
        'CatalogService/UpsertItems',
        client.upsertItems.bind(client),
        catalogV1.UpsertItemsRequest.fromPartial({ items: [...items] }),
      ),
    getItem: (itemId) => ask('CatalogService/GetItem', client.getItem.bind(client), { itemId }),
    deleteItems: (itemIds) =>
      ask('CatalogService/DeleteItems', client.deleteItems.bind(client), { itemIds: [...itemIds] }),
    upsertUsers: (users) =>
      ask(
        'CatalogService/UpsertUsers',
        client.upsertUsers.bind(client),
        catalogV1.UpsertUsersRequest.fromPartial({ users: [...users] }),
      ),
    getUser: (userId) => ask('CatalogService/GetUser', client.getUser.bind(client), { userId }),
    deleteUser: (userId) => ask('CatalogService/DeleteUser', client.deleteUser.bind(client), { userId }),
  };
}
