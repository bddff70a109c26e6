import { type Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { catalogV1, eventV1, recommenderV1, releaseV1 } from '@winnow/contracts';
import { CommandError, EXIT, usageError } from '../command-error';

const REPLY_BYTES_MAX = 32 * 1024 * 1024;
const DEADLINE_MS = 10_000;
/** What grpc-js says when no server spoke; anything else is a server's own word. */
const NO_CONNECTION = /no connection established|connection dropped|name resolution/i;

/** The stack's public services as promises. */
export interface ServiceClients {
  recommend(request: Partial<recommenderV1.RecommendRequest>): Promise<recommenderV1.RecommendResponse>;
  track(events: readonly Partial<eventV1.Event>[]): Promise<eventV1.TrackResponse>;
  readonly catalog: Promised<catalogV1.CatalogServiceService>;
  readonly releases: Promised<releaseV1.ReleaseServiceService>;
  close(): void;
}

/** The unary methods of a generated service definition, as promises. */
type Promised<Service> = {
  readonly [Name in keyof Service]: Service[Name] extends {
    requestStream: false;
    requestSerialize: (request: infer Request) => Buffer;
    responseDeserialize: (bytes: Buffer) => infer Response;
  }
    ? (request: Request) => Promise<Response>
    : never;
};

type Unary = (
  request: unknown,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: unknown) => void,
) => unknown;

/** Connects lazily: nothing is sent before the first call. Calls reject with a CommandError. */
export function openClients(addresses: {
  readonly orchestrator: string;
  readonly eventCollector: string;
}): ServiceClients {
  const { orchestrator, eventCollector } = addresses;
  const options = { 'grpc.max_receive_message_length': REPLY_BYTES_MAX };
  const insecure = credentials.createInsecure();
  const recommender = new recommenderV1.RecommenderServiceClient(orchestrator, insecure, options);
  const releases = new releaseV1.ReleaseServiceClient(orchestrator, insecure, options);
  const events = new eventV1.EventServiceClient(eventCollector, insecure, options);
  const catalog = new catalogV1.CatalogServiceClient(eventCollector, insecure, options);
  const recommending = promised<recommenderV1.RecommenderServiceService>(recommender, orchestrator);
  const tracking = promised<eventV1.EventServiceService>(events, eventCollector);
  return {
    recommend: (request) => recommending.recommend(recommenderV1.RecommendRequest.fromPartial(request)),
    track: (batch) => tracking.track({ events: batch.map((event) => eventV1.Event.fromPartial(event)) }),
    catalog: promised<catalogV1.CatalogServiceService>(catalog, eventCollector),
    releases: promised<releaseV1.ReleaseServiceService>(releases, orchestrator),
    close: () => [recommender, releases, events, catalog].forEach((client) => client.close()),
  };
}

/** Each method by its name in the definition, with a deadline and errors that say what to do. */
function promised<Service extends object>(client: Client, address: string): Promised<Service> {
  const methods = client as unknown as Readonly<Record<string | symbol, Unary>>;
  const call = (name: string | symbol) => (request: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      const options = { deadline: Date.now() + DEADLINE_MS };
      methods[name].call(client, request, new Metadata(), options, (error, response) =>
        error ? reject(toCommandError(error, address)) : resolve(response),
      );
    });
  return new Proxy({} as Promised<Service>, { get: (_target, name) => call(name) });
}

/** What a gRPC status means to the person at the terminal. */
function toCommandError(error: ServiceError, address: string): CommandError {
  const options = { cause: error };
  switch (error.code) {
    case status.UNAVAILABLE:
      return new CommandError(
        NO_CONNECTION.test(error.details)
          ? `nothing answers at ${address} (${error.details})`
          : `${address} cannot answer now: ${error.details}`,
        'start the stack with: npx winnow up; name another one with --address; or ask: npx winnow doctor',
        EXIT.unavailable,
        options,
      );
    case status.DEADLINE_EXCEEDED:
      return new CommandError(
        `${address} did not answer within ${DEADLINE_MS} ms`,
        'look at the logs of the stack, or run: npx winnow doctor',
        EXIT.unavailable,
        options,
      );
    case status.INVALID_ARGUMENT:
    case status.NOT_FOUND:
    case status.FAILED_PRECONDITION:
      return usageError(error.details, 'correct what is named, then try again');
    default:
      return new CommandError(
        `${address} failed with ${status[error.code]}: ${error.details}`,
        'look at the logs of the stack, or run: npx winnow doctor',
        EXIT.failure,
        options,
      );
  }
}
