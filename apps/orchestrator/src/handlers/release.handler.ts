import { releaseV1 } from '@winnow/contracts';
import {
  ok,
  releaseVersion,
  type ModelRegistryReader,
  type ModelRegistryWriter,
  type ReleaseManifest,
  type ReleasePointer,
  type Result,
  type StageError,
} from '@winnow/domain';
import { bindService, invalidArgument, RpcError, type BoundService } from '@winnow/platform';

export interface ReleaseServiceOptions {
  readonly registry: ModelRegistryReader & ModelRegistryWriter;
  /** Version that requests are pinned to now; empty when there is none. */
  readonly serving: () => string;
}

/** `ReleaseService`: which releases there are, and which one serves. */
export function releaseService({ registry, serving }: ReleaseServiceOptions): BoundService {
  return bindService(releaseV1.ReleaseServiceService, {
    listReleases: async () => {
      const [manifests, pointer] = await Promise.all([registry.list(), registry.pointer()]);
      return ok({ releases: manifests.map((manifest) => releaseOf(manifest, pointer)), serving: serving() });
    },
    promoteRelease: async ({ version }) => {
      if (version === '') throw invalidArgument('version', 'is required');
      const known = await registry.list();
      if (!known.some((manifest) => manifest.version === version))
        throw new RpcError('not-found', `no release is called '${version.slice(0, 64)}'; see ListReleases`);
      return movedPointer(await registry.promote(releaseVersion(version)));
    },
    rollBackRelease: async () => movedPointer(await registry.rollBack()),
  });
}

function releaseOf(manifest: ReleaseManifest, { current, canary }: ReleasePointer): releaseV1.Release {
  const { version, createdAtMs, itemCount, parent, metrics, verdict } = manifest;
  return {
    version,
    createdAtMs,
    itemCount,
    parent: parent ?? '',
    current: version === current,
    promoted: verdict.promoted,
    metrics: { ...metrics },
    verdict: verdict.reason,
    canary: version === canary?.version,
  };
}

/** A pointer that cannot move is the state's fault, not the request's. */
function movedPointer(
  moved: Result<ReleasePointer, StageError>,
): Result<{ current: string; previous: string }, RpcError> {
  if (!moved.ok) throw new RpcError('failed-precondition', moved.error.reason, { cause: moved.error.cause });
  const { current, previous } = moved.value;
  return ok({ current: current ?? '', previous: previous ?? '' });
}
