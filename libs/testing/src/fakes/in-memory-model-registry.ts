import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  err,
  ok,
  stageError,
  type CanaryEnd,
  type CanaryReport,
  type ManifestFile,
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

const failure = (kind: 'client' | 'model', reason: string): Result<never, StageError> =>
  err(stageError(kind, 'model-registry', reason));

async function describeFiles(folder: string): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of (await readdir(folder, { recursive: true })).sort()) {
    if (!(await stat(join(folder, path))).isFile()) continue;
    const bytes = await readFile(join(folder, path));
    files.push({ path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }
  return files;
}

/** Manifests and pointer in memory; published folders stay where the caller made them. */
export class InMemoryModelRegistry implements ModelRegistryReader, ModelRegistryWriter {
  readonly #releases = new Map<ReleaseVersion, { folder: string; manifest: ReleaseManifest }>();
  readonly #watchers = new Set<(pointer: ReleasePointer) => void>();
  readonly #canaries = new Map<ReleaseVersion, CanaryReport>();
  #pointer: ReleasePointer = { current: null, previous: null };

  async pointer(): Promise<ReleasePointer> {
    return this.#pointer;
  }

  async list(): Promise<readonly ReleaseManifest[]> {
    return [...this.#releases.values()]
      .map(({ manifest }) => manifest)
      .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.version < b.version ? 1 : -1));
  }

  async open(version: ReleaseVersion): Promise<Result<VerifiedRelease, StageError>> {
    const release = this.#releases.get(version);
    if (!release) return failure('model', `release ${version} is missing`);
    const { folder, manifest } = release;
    const found = await describeFiles(folder).catch(() => []);
    for (const file of manifest.files)
      if (found.find(({ path }) => path === file.path)?.sha256 !== file.sha256)
        return failure('model', `release ${version}: ${file.path} is damaged`);
    return ok({
      manifest,
      filePath: (path) => {
        if (!manifest.files.some((file) => file.path === path))
          throw new RangeError(`release ${version} has no file ${path}`);
        return join(folder, path);
      },
    });
  }

  watch(onPointer: (pointer: ReleasePointer) => void): { stop(): Promise<void> } {
    this.#watchers.add(onPointer);
    queueMicrotask(() => {
      if (this.#watchers.has(onPointer)) onPointer(this.#pointer);
    });
    return {
      stop: async () => {
        this.#watchers.delete(onPointer);
      },
    };
  }

  async publish(folder: string, manifest: Omit<ReleaseManifest, 'files'>): Promise<ReleaseManifest> {
    const published = this.#releases.get(manifest.version);
    const files = await describeFiles(folder).catch(() => published?.manifest.files ?? []);
    if (published) {
      if (JSON.stringify(files) !== JSON.stringify(published.manifest.files))
        throw new Error(`release ${manifest.version} is published already, with other files`);
      return published.manifest;
    }
    if (files.length === 0) throw new Error(`${folder}: a release without files`);
    const whole = { ...manifest, files };
    this.#releases.set(manifest.version, { folder, manifest: whole });
    return whole;
  }

  async promote(version: ReleaseVersion): Promise<Result<ReleasePointer, StageError>> {
    const opened = await this.#openExisting(version);
    if (!opened.ok) return opened;
    if (this.#pointer.current !== version) this.#move({ current: version, previous: this.#pointer.current });
    return ok(this.#pointer);
  }

  async rollBack(): Promise<Result<ReleasePointer, StageError>> {
    const { current, previous, canary } = this.#pointer;
    if (previous === null && canary) return this.endCanary(canary.version, 'drop');
    if (previous === null) return failure('client', 'there is no previous release to roll back to');
    const opened = await this.open(previous);
    if (!opened.ok) return opened;
    this.#move({ current: previous, previous: current });
    return ok(this.#pointer);
  }

  async beginCanary(canary: ReleaseCanary): Promise<Result<ReleasePointer, StageError>> {
    const { version } = canary;
    const opened = await this.#openExisting(version);
    if (!opened.ok) return opened;
    if (this.#pointer.current === null || this.#pointer.current === version)
      return failure('client', `there is no other release to compare ${version} with`);
    if (this.#pointer.canary?.version !== version) this.#move({ ...this.#pointer, canary });
    return ok(this.#pointer);
  }

  async endCanary(version: ReleaseVersion, end: CanaryEnd): Promise<Result<ReleasePointer, StageError>> {
    const { current, previous, canary } = this.#pointer;
    if (canary?.version !== version) return ok(this.#pointer);
    if (end === 'promote') return this.promote(version);
    this.#move({ current, previous });
    return ok(this.#pointer);
  }

  async canaryReports(): Promise<readonly CanaryReport[]> {
    return [...this.#canaries.values()].sort((a, b) => b.sinceMs - a.sinceMs);
  }

  async keepCanaryReport(report: CanaryReport): Promise<void> {
    this.#canaries.set(report.version, report);
  }

  async prune(keepCount: number): Promise<readonly ReleaseVersion[]> {
    const { current, previous, canary } = this.#pointer;
    const doomed = (await this.list())
      .slice(keepCount)
      .map(({ version }) => version)
      .filter((version) => ![current, previous, canary?.version].includes(version));
    for (const version of doomed) {
      this.#releases.delete(version);
      this.#canaries.delete(version);
    }
    return doomed;
  }

  async #openExisting(version: ReleaseVersion): Promise<Result<VerifiedRelease, StageError>> {
    return this.#releases.has(version)
      ? this.open(version)
      : failure('client', `there is no release ${version}`);
  }

  #move(pointer: ReleasePointer): void {
    this.#pointer = pointer;
    for (const notify of this.#watchers) notify(pointer);
  }
}
