import { rankingV1 } from '@winnow/contracts';
import type { Description } from '@winnow/domain';
import { createFileModelRegistry } from '@winnow/model-registry';
import { createOnlineStore } from '@winnow/online-store';
import { bindService, createRpcServer, ReleaseHost } from '@winnow/platform';
import type { Logger, ReleaseState } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import type { Registry } from 'prom-client';
import { runRankerCanary } from './ranker-canary';
import type { RankerKind } from './ranker-kind';
import { RankerRelease, type FeaturesOf } from './ranker-release';
import { rankingService } from './ranking-service';

export interface RankerOptions {
  readonly kind: RankerKind;
  readonly description: Description;
  readonly redisUrl: string;
  readonly registryFolder: string;
  /** `host:port`; port 0 takes any free one. */
  readonly listenAddress: string;
  /** TF.js backend to use, or fail; unset means the best that starts. */
  readonly backend?: string;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly onState?: (state: ReleaseState) => void;
  /** What the network is given. Default: `RankingFeatures`; a spec may put a broken one there. */
  readonly featuresOf?: FeaturesOf;
}

export interface RunningRanker {
  /** `host:port` that was bound. */
  readonly address: string;
  /** Releases that requests can be answered from, and which one serves. */
  state(): ReleaseState;
  /** NOT_SERVING, calls finish, releases are closed. */
  stop(graceMs: number): Promise<void>;
}

/** Wires a ranker and starts it. It listens at once, and is ready when a release serves. */
export async function startRanker(options: RankerOptions): Promise<RunningRanker> {
  const { kind, description, logger, registry, featuresOf } = options;
  const { backend } = await startBackend({ forced: options.backend, log: (line) => logger.info(line) });
  const store = createOnlineStore({
    url: options.redisUrl,
    description,
    onTrouble: ({ connection, message, cause }) => logger.warn({ connection, err: cause }, message),
  });
  const { catalogFeed, eventFeed } = store;
  const releases: ReleaseHost<RankerRelease> = new ReleaseHost({
    modelRegistry: createFileModelRegistry({
      folder: options.registryFolder,
      onWatchError: (error) => logger.warn({ err: error }, 'the release pointer cannot be read'),
    }),
    load: (release) =>
      RankerRelease.load({ kind, release, description, catalogFeed, eventFeed, logger, featuresOf }),
    canary: ({ engine, items }, manifest) =>
      runRankerCanary({ engine, items, manifest, historyCount: description.training.historyCountMax }),
    dispose: (release) => release.close(),
    logger,
    registry,
    onState: (state) => {
      server.setReady(state.ready);
      options.onState?.(state);
    },
  });
  const service = rankingService({
    component: kind.name,
    releases,
    status: () => {
      const { loaded, ready } = releases.state();
      return { loadedReleases: loaded, ready, backend };
    },
  });
  const server = await createRpcServer({
    address: options.listenAddress,
    services: [bindService(rankingV1.RankingServiceService, service)],
    logger,
    registry,
  });
  releases.start();
  return {
    address: server.address,
    state: () => releases.state(),
    stop: async (graceMs) => {
      await server.drain(graceMs);
      await releases.stop();
      await store.close();
    },
  };
}
