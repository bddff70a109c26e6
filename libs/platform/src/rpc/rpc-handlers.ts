import type { MethodDefinition } from '@grpc/grpc-js';
import type { LaneRequest, LaneResponse } from '@winnow/contracts';
import type { Result, StageError } from '@winnow/domain';
import type { CallInfo } from './call-info';
import type { CallLane } from './call-lane';
import type { RpcError } from './rpc-error';

/** What a handler may fail with as a value; it may throw an `RpcError` as well. Anything else thrown is a bug. */
export type RpcFailure = RpcError | StageError;

/**
 * Answers one request. For a stream of requests it is called for one after the other, in order, and each answer
 * is sent before the next request is taken.
 */
export type RpcHandler<Request, Response> = (
  request: Request,
  call: CallInfo,
) => Promise<Result<Response, RpcFailure>> | Result<Response, RpcFailure>;

type MethodShape = Pick<MethodDefinition<unknown, unknown>, 'path' | 'requestStream' | 'responseStream'> & {
  // Parameters are contravariant; `never` accepts every generated serializer.
  readonly requestSerialize: (value: never) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
};

/** A service as ts-proto generates it: `RecommenderServiceService`. */
export type ServiceShape = Readonly<Record<string, MethodShape>>;

type RequestOf<Method extends MethodShape> = ReturnType<Method['requestDeserialize']>;
type ResponseOf<Method extends MethodShape> = ReturnType<Method['responseDeserialize']>;

/** For a method whose messages are calls and answers with a header each. */
type LaneOf<Method extends MethodShape> =
  RequestOf<Method> extends LaneRequest<infer Request>
    ? ResponseOf<Method> extends LaneResponse<infer Response>
      ? CallLane<Request, Response>
      : never
    : never;

/** A handler for each method of a service, typed by its messages. */
export type RpcHandlers<Service extends ServiceShape> = {
  readonly [Method in keyof Service]:
    RpcHandler<RequestOf<Service[Method]>, ResponseOf<Service[Method]>> | LaneOf<Service[Method]>;
};

/** A service with its handlers, ready for `createRpcServer`. */
export interface BoundService {
  /** `winnow.v1.RecommenderService`: its name in health checks. */
  readonly name: string;
  readonly methods: readonly {
    readonly name: string;
    readonly definition: MethodDefinition<unknown, unknown>;
    readonly handler: RpcHandler<unknown, unknown> | CallLane<unknown, unknown>;
  }[];
}

/** Joins a generated service and its handlers. Throws where a method's kind of streaming is not supported. */
export function bindService<Service extends ServiceShape>(
  service: Service,
  handlers: RpcHandlers<Service>,
): BoundService {
  const methods = Object.entries(service).map(([name, shape]) => {
    if (shape.requestStream !== shape.responseStream)
      throw new Error(`${shape.path}: only unary and bidirectional methods are supported`);
    return {
      name,
      definition: shape as unknown as MethodDefinition<unknown, unknown>,
      handler: handlers[name] as BoundService['methods'][number]['handler'],
    };
  });
  return { name: methods[0].definition.path.split('/')[1], methods };
}
