import { candidateV1 } from '@winnow/contracts';
import { reasonOf, type Description } from '@winnow/domain';
import { createFileModelRegistry } from '@winnow/model-registry';
import { createOnlineStore } from '@winnow/online-store';
import { bindService, createRpcServer, ReleaseHost, type Logger, type ReleaseState } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import type { Registry } from 'prom-client';
import { candidateMetrics } from './candidate-metrics';
import { CandidateRelease } from './candidate-release';
import { candidateService } from './candidate-service';
import { runCanary } from './canary';

export interface CandidateGenerationOptions {
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
}

export interface CandidateGeneration {
  /** `host:port` that was bound. */
  readonly address: string;
  /** Releases that requests can be answered from, and which one serves. */
  state(): ReleaseState;
  /** NOT_SERVING, calls finish, releases are closed. */
  stop(graceMs: number): Promise<void>;
}

/** Wires candidate generation and starts it. It listens at once, and is ready when a release serves. */
export async function startCandidateGeneration(
  options: CandidateGenerationOptions,
): Promise<CandidateGeneration> {
  const { description, logger, registry } = options;
  const { backend } = await startBackend({ forced: options.backend, log: (line) => logger.info(line) });
  const store = createOnlineStore({
    url: options.redisUrl,
    description,
    onTrouble: ({ connection, message, cause }) => logger.warn({ connection, err: cause }, message),
  });
  const releases: ReleaseHost<CandidateRelease> = new ReleaseHost({
    modelRegistry: createFileModelRegistry({
      folder: options.registryFolder,
      onWatchError: (error) => logger.warn({ err: error }, 'the release pointer cannot be read'),
    }),
    load: (release) =>
      CandidateRelease.load({
        ...{ release, description, logger },
        catalogFeed: store.catalogFeed,
        eventFeed: store.eventFeed,
        onFallback: ({ reason, remedy }) => {
          metrics.fallback.set(1);
          logger.warn({ reason, remedy }, 'no HNSW: every search scans all vectors');
        },
        onUpdateError: (error, ordinals) => {
          metrics.updateErrors.inc(ordinals.length);
          logger.error({ reason: reasonOf(error), ordinals: Array.from(ordinals) }, 'index not updated');
        },
      }),
    canary: ({ engine, items }, manifest) =>
      runCanary({ engine, items, manifest, historyCount: description.training.historyCountMax }),
    dispose: (release) => release.close(),
    logger,
    registry,
    onState: (state) => {
      server.setReady(state.ready);
      options.onState?.(state);
    },
  });
  const metrics = candidateMetrics(registry, () => releases.get('')?.index.count() ?? 0);
  const service = candidateService({
    releases,
    status: () => {
      const { loaded, ready } = releases.state();
      return { loadedReleases: loaded, ready, backend };
    },
  });
  const server = await createRpcServer({
    address: options.listenAddress,
    services: [bindService(candidateV1.CandidateServiceService, service)],
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
