import type { Description, ModelRegistryReader, ModelRegistryWriter } from '@winnow/domain';
import type { ExpressionCompiler } from '@winnow/funnel';
import { createRpcServer, type Logger, type RpcServer } from '@winnow/platform';
import type { Clock } from '@winnow/domain';
import type { Registry } from 'prom-client';
import { recommenderService } from './handlers/recommender.handler';
import { releaseService } from './handlers/release.handler';
import { RecommendRequestReader } from './requests/recommend-command';
import { AdmissionGate } from './serving/admission';
import type { Recommender } from './serving/recommender';

export interface OrchestratorServerOptions {
  readonly description: Description;
  readonly recommender: Recommender;
  readonly expressions: ExpressionCompiler;
  readonly modelRegistry: ModelRegistryReader & ModelRegistryWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: { readonly registry: Registry; onShed(): void };
  /** `host:port`; port 0 takes any free one. */
  readonly listenAddress: string;
  /** Requests answered at once; more are shed with RESOURCE_EXHAUSTED. */
  readonly inFlightMax: number;
}

/** Starts the orchestrator's gRPC server over whatever serves behind it. It starts as NOT_SERVING. */
export function startOrchestratorServer(options: OrchestratorServerOptions): Promise<RpcServer> {
  const { description, recommender, expressions, modelRegistry, clock, logger, metrics } = options;
  const { listenAddress, inFlightMax } = options;
  return createRpcServer({
    address: listenAddress,
    logger,
    registry: metrics.registry,
    // The admission gate sheds first and knows why; this is the last resort, for all methods together.
    concurrentMax: inFlightMax * 2,
    services: [
      recommenderService({
        reader: new RecommendRequestReader({ description, expressions, clock }),
        recommender,
        admission: new AdmissionGate({ inFlightMax }),
        onShed: () => metrics.onShed(),
      }),
      releaseService({ registry: modelRegistry, serving: () => recommender.pinned?.version ?? '' }),
    ],
  });
}
