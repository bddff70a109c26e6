import { credentials, Metadata, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { eventV1 } from '@winnow/contracts';

export interface TrackingChannel {
  /** Rejects when the batch was not acknowledged: it may have been taken or not. */
  track(events: readonly Partial<eventV1.Event>[]): Promise<readonly eventV1.EventVerdict[]>;
  close(): void;
}

const CALL_TIMEOUT_MS = 5_000;
/** A connection of its own, and one that comes back quickly. */
const CHANNEL_OPTIONS = {
  'grpc.use_local_subchannel_pool': 1,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 200,
};

const clientOf = (address: string): eventV1.EventServiceClient =>
  new eventV1.EventServiceClient(address, credentials.createInsecure(), CHANNEL_OPTIONS);

/** One `Track` for each batch. */
export function unaryChannel(address: string): TrackingChannel {
  const client = clientOf(address);
  return {
    track: (events) =>
      new Promise((resolve, reject) => {
        const request = eventV1.TrackRequest.fromPartial({ events: [...events] });
        client.track(
          request,
          new Metadata(),
          { deadline: Date.now() + CALL_TIMEOUT_MS },
          (error: ServiceError | null, response) => (error ? reject(error) : resolve(response.verdicts)),
        );
      }),
    close: () => client.close(),
  };
}

interface Waiting {
  readonly resolve: (verdicts: readonly eventV1.EventVerdict[]) => void;
  readonly reject: (reason: Error) => void;
}

type TrackStream = ClientDuplexStream<eventV1.TrackStreamRequest, eventV1.TrackStreamResponse>;

/** All batches over one `TrackStream`, which is opened again when it breaks. */
export function streamChannel(address: string): TrackingChannel {
  const client = clientOf(address);
  const waiting = new Map<number, Waiting>();
  let stream: TrackStream | null = null;
  let batch = 0;
  const open = (): TrackStream => {
    const opened: TrackStream = client.trackStream();
    const broken = (reason: Error): void => {
      if (stream !== opened) return;
      stream = null;
      for (const one of [...waiting.values()]) one.reject(reason);
      waiting.clear();
    };
    opened.on('data', (reply: eventV1.TrackStreamResponse) => {
      waiting.get(reply.batch)?.resolve(reply.verdicts);
      waiting.delete(reply.batch);
    });
    opened.on('error', broken);
    opened.on('end', () => broken(new Error('the stream ended')));
    return opened;
  };
  return {
    track: (events) =>
      new Promise((resolve, reject) => {
        stream ??= open();
        batch += 1;
        waiting.set(batch, { resolve, reject });
        stream.write(eventV1.TrackStreamRequest.fromPartial({ batch, events: [...events] }));
      }),
    close: () => {
      stream?.cancel();
      stream = null;
      client.close();
    },
  };
}
