import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { candidateV1, rankingV1, recommenderV1, releaseV1 } from '@winnow/contracts';
import {
  err,
  ok,
  releaseVersion,
  seededRandom,
  stageError,
  type Clock,
  type Description,
  type ReleaseVersion,
  type ServedSlate,
} from '@winnow/domain';
import { ArmAssigner } from '@winnow/experiments';
import { CandidateCache, ExpressionCompiler } from '@winnow/funnel';
import { ComponentHealth, silentTracer } from '@winnow/pipeline';
import {
  bindService,
  CallLane,
  createLogger,
  createRpcServer,
  type BoundService,
  type RpcHandler,
  type RpcServer,
} from '@winnow/platform';
import {
  GrpcCandidateRetriever,
  GrpcRanker,
  rankReplyToWire,
  rankRequestFromWire,
  retrieveReplyToWire,
  retrieveRequestFromWire,
  statusToWire,
} from '@winnow/rpc-clients';
import { FakeRanker, FakeRetriever, InMemoryModelRegistry } from '@winnow/testing';
import { Registry } from 'prom-client';
import {
  catalogOf,
  countersOf,
  descriptionOf,
  NOW_MS,
  RELEASE,
  stateOf,
  surfaceOf,
} from '../../../libs/funnel/src/funnel.fixture';
import { startOrchestratorServer } from './orchestrator-server';
import { startFunnelRelease, type RunningRelease } from './serving/funnel-release';
import { Recommender } from './serving/recommender';
import { Shadow, type ShadowSlate } from './serving/shadow';
import { StageReleases } from './serving/stage-releases';
import { orchestratorMetrics } from './telemetry/pipeline-metrics';

const logger = createLogger({ service: 'spec', level: 'silent' });

/** The fixture catalogue's today; time passes for deadlines only. */
const specClock: Clock = { nowMs: () => NOW_MS, monotonicMs: () => performance.now() };

/** Wide budgets: what a spec asserts is who failed, not how fast a busy machine is. */
export const specDescription: Description = descriptionOf(
  surfaceOf({
    deadlineMs: 2_000,
    budgets: {
      hydrateMs: 300,
      retrieveMs: 300,
      filterMs: 100,
      lightRankMs: 300,
      heavyRankMs: 300,
      rerankMs: 100,
    },
  }),
  surfaceOf({ name: 'similar' }),
);

/** A stage behind a real gRPC server, which can be killed and brought back on its port. */
class StageServer {
  #server: RpcServer | null = null;
  #address = '127.0.0.1:0';

  constructor(private readonly service: BoundService) {}

  get address(): string {
    return this.#address;
  }

  async start(): Promise<void> {
    const registry = new Registry();
    const { address, service } = { address: this.#address, service: this.service };
    this.#server = await createRpcServer({
      address,
      logger,
      registry,
      services: [service],
      reflection: false,
    });
    this.#address = this.#server.address;
  }

  async kill(): Promise<void> {
    await this.#server?.drain(0);
    this.#server = null;
  }
}

function candidateService(fake: FakeRetriever): BoundService {
  const retrieve: RpcHandler<candidateV1.RetrieveRequest, candidateV1.RetrieveResponse> = async (
    request,
    call,
  ) => {
    const reply = await fake.retrieve(retrieveRequestFromWire(request), call);
    return reply.ok ? ok(retrieveReplyToWire(reply.value)) : reply;
  };
  return bindService(candidateV1.CandidateServiceService, {
    retrieve,
    retrieveStream: new CallLane(candidateV1.CandidateServiceService.retrieve.path, retrieve),
    getStatus: async () => {
      const status = await fake.status();
      return status.ok ? ok({ status: statusToWire(status.value) }) : status;
    },
  });
}

function rankingService(fake: FakeRanker): BoundService {
  const rank: RpcHandler<rankingV1.RankRequest, rankingV1.RankResponse> = async (request, call) => {
    const reply = await fake.rank(rankRequestFromWire(request), call);
    return reply.ok ? ok(rankReplyToWire(reply.value)) : reply;
  };
  return bindService(rankingV1.RankingServiceService, {
    rank,
    rankStream: new CallLane(rankingV1.RankingServiceService.rank.path, rank),
    getStatus: async () => {
      const status = await fake.status();
      return status.ok ? ok({ status: statusToWire(status.value) }) : status;
    },
  });
}

export type StageName = 'candidate-generation' | 'light-ranker' | 'heavy-ranker';

export interface OrchestratorUnderTest {
  readonly fakes: {
    readonly retriever: FakeRetriever;
    readonly lightRanker: FakeRanker;
    readonly heavyRanker: FakeRanker;
  };
  readonly stages: Readonly<Record<StageName, StageServer>>;
  readonly stageReleases: StageReleases;
  readonly modelRegistry: InMemoryModelRegistry;
  readonly served: ServedSlate[];
  /** `experiment:name` and `component:name` whose kill switch is thrown. */
  readonly switchedOff: Set<string>;
  /** What the online store does: answers, fails at once, or never answers. */
  onlineStore: 'up' | 'down' | 'hanging';
  /** Current first. */
  releases: RunningRelease[];
  /** Names one of `releases`, which is then nobody else's. */
  canary: { readonly version: ReleaseVersion; readonly share: number } | null;
  /** What the canary has answered unseen; nothing unless `shadowShare` is set. */
  readonly shadows: ShadowSlate[];
  readonly reruns: () => number;
  addRelease(version: ReleaseVersion): Promise<void>;
  recommend(
    request?: Partial<recommenderV1.RecommendRequest>,
    options?: { readonly deadlineMs?: number },
  ): Promise<recommenderV1.RecommendResponse>;
  readonly releaseClient: releaseV1.ReleaseServiceClient;
  stop(): Promise<void>;
}

function canaryOf({ releases, canary }: OrchestratorUnderTest) {
  const release = releases.find(({ version }) => version === canary?.version);
  return release && canary ? { release, share: canary.share } : null;
}

/** The orchestrator over gRPC stages whose answers a spec dictates; everything on 127.0.0.1 and free ports. */
export async function startOrchestrator(
  options: { readonly inFlightMax?: number; readonly description?: Description } = {},
): Promise<OrchestratorUnderTest> {
  const { description = specDescription } = options;
  const switchedOff = new Set<string>();
  const loadedReleases = [RELEASE];
  const range = (from: number, count: number): number[] =>
    Array.from({ length: count }, (_, at) => from + at);
  const fakes = {
    retriever: new FakeRetriever({
      sources: { 'two-tower': range(10, 20), similar: range(25, 10) },
      queryVector: [1, 0, 0, 0],
      loadedReleases,
    }),
    lightRanker: new FakeRanker({ component: 'light-ranker', scoreOf: (index) => -index, loadedReleases }),
    heavyRanker: new FakeRanker({
      component: 'heavy-ranker',
      heads: ['click', 'purchase'],
      headValuesOf: (index) => [0.5, index / 100],
      loadedReleases,
    }),
  };
  const stages = {
    'candidate-generation': new StageServer(candidateService(fakes.retriever)),
    'light-ranker': new StageServer(rankingService(fakes.lightRanker)),
    'heavy-ranker': new StageServer(rankingService(fakes.heavyRanker)),
  };
  await Promise.all(Object.values(stages).map((stage) => stage.start()));
  const component = (name: StageName) => ({ component: name, address: stages[name].address });
  const clients = {
    retriever: new GrpcCandidateRetriever(component('candidate-generation')),
    lightRanker: new GrpcRanker(component('light-ranker')),
    heavyRanker: new GrpcRanker(component('heavy-ranker')),
  };
  const stageReleases = new StageReleases({
    stages: {
      'candidate-generation': clients.retriever,
      'light-ranker': clients.lightRanker,
      'heavy-ranker': clients.heavyRanker,
    },
    probeIntervalMs: 50,
  });
  await stageReleases.start();

  const health = new ComponentHealth({ clock: specClock });
  const expressions = new ExpressionCompiler(description);
  const modelRegistry = new InMemoryModelRegistry();
  const registry = new Registry();
  let rerunCount = 0;
  const recommender = new Recommender({
    releases: () => under.releases.filter(({ version }) => version !== under.canary?.version),
    canary: () => canaryOf(under),
    shadow: new Shadow({
      ...{ stageReleases, canary: () => canaryOf(under), onSlate: (shadow) => under.shadows.push(shadow) },
      share: description.retraining.canary?.shadowShare ?? 0,
    }),
    stageReleases,
    assigner: new ArmAssigner({
      experiments: description.experiments,
      isOff: (experiment) => switchedOff.has(`experiment:${experiment}`),
    }),
    onRerun: () => (rerunCount += 1),
  });
  const metrics = orchestratorMetrics({
    registry,
    health,
    pinnedRelease: () => recommender.pinned?.version ?? '',
  });
  const server = await startOrchestratorServer({
    description,
    recommender,
    expressions,
    modelRegistry,
    clock: specClock,
    logger,
    metrics: { registry, onShed: metrics.onShed },
    listenAddress: '127.0.0.1:0',
    inFlightMax: options.inFlightMax ?? 64,
  });
  const insecure = credentials.createInsecure();
  const client = new recommenderV1.RecommenderServiceClient(server.address, insecure);
  const releaseClient = new releaseV1.ReleaseServiceClient(server.address, insecure);

  const under: OrchestratorUnderTest = {
    fakes,
    stages,
    stageReleases,
    modelRegistry,
    served: [],
    switchedOff,
    onlineStore: 'up',
    releases: [],
    canary: null,
    shadows: [],
    reruns: () => rerunCount,
    releaseClient,
    addRelease: async (version) => {
      const release = await startFunnelRelease(
        {
          ...clients,
          description,
          onlineState: {
            userState: async () => {
              if (under.onlineStore === 'hanging') await sleep(1_500);
              if (under.onlineStore === 'up') return ok(stateOf());
              return err(stageError('dependency', 'online-store', 'Redis: connection refused'));
            },
          },
          servedSlates: { append: async (slate) => ok(void under.served.push(slate)) },
          clock: specClock,
          health,
          cache: new CandidateCache({ clock: specClock }),
          expressions,
          tracer: silentTracer,
          observer: metrics.observer,
          random: seededRandom(1),
          isOff: (component) => switchedOff.has(`component:${component}`),
        },
        { version, items: catalogOf(), counters: countersOf(), vectors: null },
      );
      under.releases = [release, ...under.releases];
    },
    recommend: (request = {}, { deadlineMs = 5_000 } = {}) =>
      new Promise((resolve, reject) => {
        const message = recommenderV1.RecommendRequest.fromPartial({ userId: 'u1', k: 5, ...request });
        const deadline = Date.now() + deadlineMs;
        const settle = (error: ServiceError | null, reply: recommenderV1.RecommendResponse): void =>
          error ? reject(error) : resolve(reply);
        client.recommend(message, new Metadata(), { deadline }, settle);
      }),
    stop: async () => {
      await stageReleases.stop();
      under.releases.forEach((release) => release.stop());
      [client, releaseClient, ...Object.values(clients)].forEach((one) => one.close());
      await server.drain(0);
      await Promise.all(Object.values(stages).map((stage) => stage.kill()));
    },
  };
  return under;
}

export const NEWER_RELEASE = releaseVersion('20260201T000000Z-000002');
