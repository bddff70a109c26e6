import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { join, resolve } from 'node:path';
import {
  err,
  ok,
  reasonOf,
  stageError,
  type CanaryEnd,
  type CanaryReport,
  type ModelRegistryReader,
  type ModelRegistryWriter,
  type ReleaseCanary,
  type ReleaseManifest,
  type ReleasePointer,
  type ReleaseVersion,
  type Result,
  type StageError,
  type VerifiedRelease,
} from '@winnow/domain';
import { CanaryReports } from './canary-reports';
import { syncFolder } from './durable-files';
import { MANIFEST_FILE, ManifestError, readManifest, versionSchema } from './manifest';
import { PointerFiles } from './pointer-files';
import { PointerWatch } from './pointer-watch';
import { describeFiles, moveIntoPlace, stageRelease } from './release-publishing';
import { COMPONENT, damaged, ReleaseVerification } from './release-verification';
import { removeAbandonedFolders, temporaryPath } from './temporary-folders';

export interface FileModelRegistryOptions {
  /** Shared by every service; made when it is missing. */
  readonly folder: string;
  /** How often the pointer is looked at, besides file system events. */
  readonly pollMs?: number;
  /** Told when a watched pointer cannot be read; the last good one stays in force. */
  readonly onWatchError?: (error: unknown) => void;
}

/** Both ports of the model registry: services take the reader, the trainer and the command line the writer too. */
export type ModelRegistry = ModelRegistryReader & ModelRegistryWriter;

const POLL_MS = 500;

/**
 * A model registry in a folder, safe for any number of processes:
 *
 *     releases/<version>/…        immutable; manifest.json, manifest.json.sha256 and the files they name
 *     pointer/<revision>.json     the highest number is in force
 *     canaries/<version>.json     what is known of releases that were on trial
 *     tmp-…                       a release on its way in or out
 */
class FileModelRegistry implements ModelRegistry {
  readonly #root: string;
  readonly #releases: string;
  readonly #pointer: PointerFiles;
  readonly #canaries: CanaryReports;
  readonly #verification = new ReleaseVerification();
  readonly #pollMs: number;
  readonly #onWatchError: (error: unknown) => void;

  constructor(options: FileModelRegistryOptions) {
    this.#root = resolve(options.folder);
    this.#releases = join(this.#root, 'releases');
    this.#pointer = new PointerFiles(join(this.#root, 'pointer'));
    this.#canaries = new CanaryReports(join(this.#root, 'canaries'));
    this.#pollMs = options.pollMs ?? POLL_MS;
    this.#onWatchError = options.onWatchError ?? (() => {});
  }

  pointer(): Promise<ReleasePointer> {
    return this.#pointer.read();
  }

  async list(): Promise<readonly ReleaseManifest[]> {
    const manifests: ReleaseManifest[] = [];
    for (const version of await this.#versions()) {
      const manifest = await this.#readManifest(version);
      if (manifest.ok) manifests.push(manifest.value);
    }
    return manifests.sort(newestFirst);
  }

  canaryReports(): Promise<readonly CanaryReport[]> {
    return this.#canaries.read();
  }

  keepCanaryReport(report: CanaryReport): Promise<void> {
    return this.#canaries.write(report);
  }

  async open(version: ReleaseVersion): Promise<Result<VerifiedRelease, StageError>> {
    if (!versionSchema.safeParse(version).success) return err(damaged(`release ${version} is no version`));
    const manifest = await this.#readManifest(version);
    if (!manifest.ok) return manifest;
    const folder = this.#releaseFolder(version);
    const verified = await this.#verification.verify(folder, manifest.value);
    if (!verified.ok) return verified;
    return ok(new OpenedRelease(folder, manifest.value));
  }

  watch(onPointer: (pointer: ReleasePointer) => void): { stop(): Promise<void> } {
    return new PointerWatch({
      folder: this.#pointer.folder,
      pollMs: this.#pollMs,
      read: () => this.#pointer.read(),
      onPointer,
      onError: this.#onWatchError,
    });
  }

  async publish(folder: string, manifest: Omit<ReleaseManifest, 'files'>): Promise<ReleaseManifest> {
    await mkdir(this.#releases, { recursive: true });
    await removeAbandonedFolders(this.#root);
    const target = this.#releaseFolder(versionSchema.parse(manifest.version));
    if (!(await exists(target))) {
      const staged = await stageRelease({ root: this.#root, folder, manifest });
      if (await moveIntoPlace(staged, target)) {
        await rm(folder, { recursive: true, force: true });
        return staged.manifest;
      }
    }
    return this.#alreadyPublished(folder, manifest.version);
  }

  async promote(version: ReleaseVersion): Promise<Result<ReleasePointer, StageError>> {
    const opened = await this.#openExisting(version);
    if (!opened.ok) return opened;
    return ok(await this.#pointer.move((pointer) => promoted(pointer, version)));
  }

  async rollBack(): Promise<Result<ReleasePointer, StageError>> {
    const { previous, canary } = await this.#pointer.read();
    if (previous === null && canary) return this.endCanary(canary.version, 'drop');
    if (previous === null)
      return err(stageError('client', COMPONENT, 'there is no previous release to roll back to'));
    const opened = await this.open(previous);
    if (!opened.ok) return opened;
    return ok(
      await this.#pointer.move((pointer) =>
        // Somebody moved the pointer since: theirs is the newer decision.
        pointer.previous === previous ? { current: previous, previous: pointer.current } : pointer,
      ),
    );
  }

  async beginCanary(canary: ReleaseCanary): Promise<Result<ReleasePointer, StageError>> {
    const opened = await this.#openExisting(canary.version);
    if (!opened.ok) return opened;
    const moved = await this.#pointer.move((pointer) =>
      canBegin(pointer, canary) ? { ...pointer, canary } : pointer,
    );
    if (moved.canary?.version === canary.version) return ok(moved);
    return err(
      stageError('client', COMPONENT, `there is no other release to compare ${canary.version} with`),
    );
  }

  async endCanary(version: ReleaseVersion, end: CanaryEnd): Promise<Result<ReleasePointer, StageError>> {
    const opened = end === 'promote' ? await this.#openExisting(version) : null;
    if (opened && !opened.ok) return opened;
    return ok(
      await this.#pointer.move((pointer) => {
        if (pointer.canary?.version !== version) return pointer;
        const { current, previous } = pointer;
        return end === 'promote' ? promoted(pointer, version) : { current, previous };
      }),
    );
  }

  async prune(keepCount: number): Promise<readonly ReleaseVersion[]> {
    await removeAbandonedFolders(this.#root);
    const kept = new Set((await this.list()).slice(0, Math.max(0, keepCount)).map(({ version }) => version));
    const pruned: ReleaseVersion[] = [];
    for (const version of await this.#versions()) {
      const { current, previous, canary } = await this.#pointer.read();
      if (kept.has(version) || [current, previous, canary?.version].includes(version)) continue;
      if (await this.#remove(version)) pruned.push(version);
    }
    return pruned;
  }

  async #openExisting(version: ReleaseVersion): Promise<Result<VerifiedRelease, StageError>> {
    if (await exists(this.#releaseFolder(version))) return this.open(version);
    return err(stageError('client', COMPONENT, `there is no release ${version}`));
  }

  #releaseFolder(version: ReleaseVersion): string {
    return join(this.#releases, version);
  }

  async #versions(): Promise<ReleaseVersion[]> {
    const entries = await readdir(this.#releases, { withFileTypes: true }).catch(ifMissing([]));
    return entries
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => versionSchema.safeParse(name).data ?? []);
  }

  async #readManifest(version: ReleaseVersion): Promise<Result<ReleaseManifest, StageError>> {
    try {
      return ok(await readManifest(this.#releaseFolder(version), version));
    } catch (error) {
      if (error instanceof ManifestError) return err(damaged(`release ${version}: ${error.message}`, error));
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        return err(damaged(`release ${version}: ${MANIFEST_FILE} or its checksum is missing`, error));
      return err(stageError('dependency', COMPONENT, `release ${version}: ${reasonOf(error)}`, error));
    }
  }

  /** A step that runs again after a crash publishes once: the same content is fine, another is a bug of the caller. */
  async #alreadyPublished(folder: string, version: ReleaseVersion): Promise<ReleaseManifest> {
    const published = await readManifest(this.#releaseFolder(version), version);
    if (await exists(folder)) {
      if (!isDeepStrictEqual(await describeFiles(folder), published.files))
        throw new Error(`release ${version} is published already, with other files`);
      await rm(folder, { recursive: true, force: true });
    }
    return published;
  }

  /** Renamed away first, so that no reader meets half a release. */
  async #remove(version: ReleaseVersion): Promise<boolean> {
    const doomed = temporaryPath(this.#root);
    try {
      await rename(this.#releaseFolder(version), doomed);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    await syncFolder(this.#releases);
    await rm(doomed, { recursive: true, force: true });
    await this.#canaries.remove(version);
    this.#verification.forget(this.#releaseFolder(version));
    return true;
  }
}

class OpenedRelease implements VerifiedRelease {
  readonly #paths: ReadonlySet<string>;

  constructor(
    readonly folder: string,
    readonly manifest: ReleaseManifest,
  ) {
    this.#paths = new Set(manifest.files.map(({ path }) => path));
  }

  /** @throws RangeError for a file that the manifest does not name: nobody has checked it. */
  filePath(path: string): string {
    if (!this.#paths.has(path)) throw new RangeError(`release ${this.manifest.version} has no file ${path}`);
    return join(this.folder, path);
  }
}

const promoted = (pointer: ReleasePointer, version: ReleaseVersion): ReleasePointer =>
  pointer.current === version ? pointer : { current: version, previous: pointer.current };

/** Something else must serve, and a trial that is under way keeps its beginning. */
const canBegin = ({ current, canary }: ReleasePointer, { version }: ReleaseCanary): boolean =>
  current !== null && current !== version && canary?.version !== version;

const newestFirst = (a: ReleaseManifest, b: ReleaseManifest): number =>
  b.createdAtMs - a.createdAtMs || (a.version < b.version ? 1 : -1);

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const ifMissing =
  <T>(value: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };

/** The model registry of a folder. Costs nothing until it is used; a missing folder is an empty registry. */
export const createFileModelRegistry = (options: FileModelRegistryOptions): ModelRegistry =>
  new FileModelRegistry(options);
