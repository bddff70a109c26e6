import type { Description, ReleaseManifest, VerifiedRelease } from '@winnow/domain';
import { createFileModelRegistry } from '@winnow/model-registry';
import { createOnlineStore, type OnlineStore } from '@winnow/online-store';
import { createRpcServer, ReleaseHost } from '@winnow/platform';
import type { BoundService, Logger, ReleaseState } from '@winnow/platform';
import { startBackend } from '@winnow/tensor';
import type { Registry } from 'prom-client';

export interface ModelServiceOptions {
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

/** What one kind of model service makes of a release, and how it answers from it. */
export interface ModelServiceParts<Part extends { close(): Promise<void> }> {
  /** Throws an Error that says what is wrong with the release. */
  load(release: VerifiedRelease, store: OnlineStore): Promise<Part>;
  /** Throws what did not hold. */
  check(part: Part, manifest: ReleaseManifest): Promise<void>;
  service(
    releases: ReleaseHost<Part>,
    status: () => { loadedReleases: ReleaseState['loaded']; ready: boolean; backend: string },
  ): BoundService;
}

export interface RunningModelService {
  /** `host:port` that was bound. */
  readonly address: string;
  /** Releases that requests can be answered from, and which one serves. */
  state(): ReleaseState;
  /** NOT_SERVING, calls finish, releases are closed. */
  stop(graceMs: number): Promise<void>;
}

/** Wires a service that answers from releases, and starts it. It listens at once, and is ready when a release serves. */
export async function startModelService<Part extends { close(): Promise<void> }>(
  options: ModelServiceOptions,
  parts: ModelServiceParts<Part>,
): Promise<RunningModelService> {
  const { description, logger, registry } = options;
  const { backend } = await startBackend({ forced: options.backend, log: (line) => logger.info(line) });
  const store = createOnlineStore({
    url: options.redisUrl,
    description,
    onTrouble: ({ connection, message, cause }) => logger.warn({ connection, err: cause }, message),
  });
  const releases: ReleaseHost<Part> = new ReleaseHost({
    modelRegistry: createFileModelRegistry({
      folder: options.registryFolder,
      onWatchError: (error) => logger.warn({ err: error }, 'the release pointer cannot be read'),
    }),
    load: (release) => parts.load(release, store),
    check: parts.check,
    dispose: (part) => part.close(),
    logger,
    registry,
    onState: (state) => {
      server.setReady(state.ready);
      options.onState?.(state);
    },
  });
  const status = () => {
    const { loaded, ready } = releases.state();
    return { loadedReleases: loaded, ready, backend };
  };
  const server = await createRpcServer({
    address: options.listenAddress,
    services: [parts.service(releases, status)],
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
