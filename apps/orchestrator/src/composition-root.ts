import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock, type Description, type ReleaseManifest, type VerifiedRelease } from '@winnow/domain';
import { ArmAssigner, surfacesWithVariants } from '@winnow/experiments';
import { CandidateCache, ExpressionCompiler } from '@winnow/funnel';
import { createFileModelRegistry, readTensorFile, type ModelRegistry } from '@winnow/model-registry';
import { createOnlineStore, type OnlineStore } from '@winnow/online-store';
import { ComponentHealth } from '@winnow/pipeline';
import {
  homeFolders,
  ItemState,
  loadDescription,
  ReleaseHost,
  type Logger,
  type ProcessContext,
  type StartedProcess,
} from '@winnow/platform';
import { GrpcCandidateRetriever, GrpcRanker } from '@winnow/rpc-clients';
import type { orchestratorSettings } from './config.schema';
import { startOrchestratorServer } from './orchestrator-server';
import { startFunnelRelease, type FunnelEnvironment, type RunningRelease } from './serving/funnel-release';
import { Recommender, type ServingCanary } from './serving/recommender';
import { rehearse } from './serving/rehearsal';
import { Shadow, type ShadowOptions } from './serving/shadow';
import { StageReleases } from './serving/stage-releases';
import { Switches } from './serving/switches';
import { WarmReadiness } from './serving/warm-readiness';
import { orchestratorMetrics } from './telemetry/pipeline-metrics';
import { openTelemetryTracer } from './telemetry/pipeline-tracer';
import { shadowMetrics } from './telemetry/shadow-metrics';
import { countedSlates } from './telemetry/slate-metrics';

/** Not for ever: without a release callers are told so. */
const LISTEN_WAIT_MS = 60_000;
/** How long a release that has just been read waits for its live changes before it serves without the last of them. */
const CATCH_UP_MS = 5_000;

type Context = ProcessContext<typeof orchestratorSettings>;

interface HostedRelease extends RunningRelease {
  /** Waits for the stages, then rehearses with them; ends when the release is disposed of. */
  rehearse(): Promise<void>;
  dispose(): Promise<void>;
}

/** Makes every part of the orchestrator and connects them. Throws a ConfigError for a wrong winnow.yaml. */
export async function startOrchestrator(context: Context): Promise<StartedProcess> {
  const { settings, logger, registry, setReadiness } = context;
  const description = await loadDescription(settings.configPath);
  const outside = connect(context, description);
  const { store, modelRegistry, stages, stageReleases } = outside;
  const health = new ComponentHealth({ clock: systemClock });
  const expressions = new ExpressionCompiler(description);
  const switches = new Switches({
    reader: store.switches,
    onChange: (thrown) => logger.warn({ thrown }, 'kill switches have changed'),
  });
  const recommender = new Recommender({
    releases: () => hostedReleases(host),
    canary: () => hostedCanary(host),
    stageReleases,
    assigner: new ArmAssigner({
      experiments: description.experiments,
      isOff: (experiment) => switches.isOff('experiment', experiment),
    }),
    shadow: shadowOf(context, { description, stageReleases, canary: () => hostedCanary(host) }),
    onRerun: () => metrics.onRerun(),
  });
  const pinnedRelease = (): string => recommender.pinned?.version ?? '';
  const metrics = orchestratorMetrics({ registry, health, pinnedRelease });
  const environment: FunnelEnvironment = {
    ...{ description, health, expressions, ...stages },
    onlineState: store.state,
    servedSlates: countedSlates(store.servedSlates, registry),
    clock: systemClock,
    cache: new CandidateCache({ clock: systemClock }),
    tracer: openTelemetryTracer,
    observer: metrics.observer,
    isOff: (component) => switches.isOff('component', component),
    random: Math.random,
  };
  const readiness = new WarmReadiness(setReadiness);
  const host: ReleaseHost<HostedRelease> = new ReleaseHost({
    ...{ modelRegistry, logger, registry },
    load: (release) => loadRelease(release, { environment, store, stageReleases, logger }),
    check: (release, manifest) => {
      checkRelease(release, manifest);
      const wait = sleep(settings.rehearsalWaitMs, undefined, { ref: false });
      void Promise.race([release.rehearse(), wait]).then(() => readiness.becomeWarm());
    },
    dispose: (release) => release.dispose(),
    onState: (state) => readiness.tell(state),
  });
  await Promise.all([stageReleases.start(), switches.start()]);
  host.start();
  // A replica that comes back must not take requests from those that can answer, before it can.
  await Promise.race([host.settled, sleep(LISTEN_WAIT_MS, undefined, { ref: false })]);
  const server = await startOrchestratorServer({
    ...{ description, recommender, expressions, modelRegistry, clock: systemClock, logger },
    metrics: { registry, onShed: metrics.onShed },
    listenAddress: settings.listenAddress,
    inFlightMax: settings.inFlightMax,
  });
  readiness.tellAlso(server);
  return {
    address: server.address,
    stop: async (graceMs) => {
      await server.drain(graceMs);
      await stageReleases.stop();
      await switches.stop();
      await host.stop();
      await outside.close();
    },
  };
}

interface Outside {
  readonly store: OnlineStore;
  readonly modelRegistry: ModelRegistry;
  readonly stages: Pick<FunnelEnvironment, 'retriever' | 'lightRanker' | 'heavyRanker'>;
  readonly stageReleases: StageReleases;
  close(): Promise<void>;
}

/** Clients of everything outside this process. All connect lazily: whatever is away now is degraded, not fatal. */
function connect({ settings, logger }: Context, description: Description): Outside {
  const store = createOnlineStore({
    url: settings.redisUrl,
    description,
    onTrouble: ({ connection, message, cause }) =>
      logger.warn({ connection, err: cause }, `Redis: ${message}`),
  });
  const modelRegistry = createFileModelRegistry({
    folder: homeFolders(settings.home).registry,
    onWatchError: (error) => logger.warn({ err: error }, 'the release pointer cannot be read'),
  });
  const stages = {
    retriever: new GrpcCandidateRetriever({
      component: 'candidate-generation',
      address: settings.candidateGenerationAddress,
    }),
    lightRanker: new GrpcRanker({ component: 'light-ranker', address: settings.lightRankerAddress }),
    heavyRanker: new GrpcRanker({ component: 'heavy-ranker', address: settings.heavyRankerAddress }),
  };
  const stageReleases = new StageReleases({
    stages: {
      'candidate-generation': stages.retriever,
      'light-ranker': stages.lightRanker,
      'heavy-ranker': stages.heavyRanker,
    },
  });
  return {
    ...{ store, modelRegistry, stages, stageReleases },
    close: async () => {
      for (const client of Object.values(stages)) client.close();
      await store.close();
    },
  };
}

/** The serving release first: after a rollback it is the older one. A canary is for its share of the users only. */
function hostedReleases(host: ReleaseHost<HostedRelease>): readonly HostedRelease[] {
  const { serving, loaded, canary } = host.state();
  return [serving, ...loaded.filter((version) => version !== serving && version !== canary?.version)]
    .map((version) => (version === null ? null : host.get(version)))
    .filter((release) => release !== null);
}

/** Undefined where winnow.yaml wants none. */
function shadowOf(
  { registry }: Context,
  options: { readonly description: Description } & Pick<ShadowOptions, 'stageReleases' | 'canary'>,
): Shadow | undefined {
  const share = options.description.retraining.canary?.shadowShare ?? 0;
  return share > 0 ? new Shadow({ ...options, share, onSlate: shadowMetrics(registry) }) : undefined;
}

function hostedCanary(
  host: ReleaseHost<HostedRelease>,
): (ServingCanary & { readonly release: HostedRelease }) | null {
  const { canary, serving } = host.state();
  const release = canary === null || canary.version === serving ? null : host.get(canary.version);
  return canary && release ? { release, share: canary.share } : null;
}

/** Whether a surface, as described or as an experiment's arms make it, compares items by their vectors. */
const needsVectors = (description: Description): boolean =>
  surfacesWithVariants(description).some(({ rerankers }) =>
    rerankers.some((one) => one.kind === 'mmr' && one.by === 'vector'),
  );

async function loadRelease(
  release: VerifiedRelease,
  options: {
    readonly environment: FunnelEnvironment;
    readonly store: OnlineStore;
    readonly stageReleases: StageReleases;
    readonly logger: Logger;
  },
): Promise<HostedRelease> {
  const { environment, store, stageReleases, logger } = options;
  const { description } = environment;
  const { manifest } = release;
  checkEventTypes(manifest, description);
  const withVectors = needsVectors(description);
  const state = await ItemState.load({
    ...{ release, readTensorFile, description, logger },
    catalogFeed: store.catalogFeed,
    eventFeed: store.eventFeed,
    parts: withVectors ? ['counters', 'vectors'] : ['counters'],
  });
  if (!(await state.caughtUp(CATCH_UP_MS)))
    logger.warn({ release: manifest.version }, 'serving before the live changes have been read');
  const { items, counters } = state;
  const vectors = withVectors ? state.vectors : null;
  const running = await startFunnelRelease(environment, {
    version: manifest.version,
    items,
    counters,
    vectors,
  });
  const end = new AbortController();
  let rehearsal = Promise.resolve();
  return {
    ...running,
    rehearse: () =>
      (rehearsal = rehearse({
        ...{ funnel: running.rehearsal, manifest, signal: end.signal },
        historyCount: description.training.historyCountMax,
        stagesReady: () => stageReleases.allHave(manifest.version),
      })),
    dispose: async () => {
      end.abort();
      await rehearsal;
      running.stop();
      await state.stop();
    },
  };
}

/** Histories carry event types by index, so a release only understands those that it was trained with. */
function checkEventTypes({ eventTypes }: ReleaseManifest, { events }: Description): void {
  if (eventTypes.every((name, index) => events[index]?.name === name)) return;
  const now = events.map(({ name }) => name).join(', ');
  throw new Error(
    `it was trained with event types ${eventTypes.join(', ')}; winnow.yaml has ${now}: retrain`,
  );
}

/** With no other service's help, the release must have something to serve. */
function checkRelease({ funnel }: HostedRelease, { itemCount }: ReleaseManifest): void {
  if (itemCount > 0 && funnel.lists.fresh.ordinals.length === 0)
    throw new Error(`none of its ${itemCount} items is available`);
}
