import { lstat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import {
  err,
  ok,
  reasonOf,
  stageError,
  type ManifestFile,
  type ReleaseManifest,
  type Result,
  type StageError,
} from '@winnow/domain';
import { sha256OfFile } from './checksum';

/** The name under which the registry's failures appear. */
export const COMPONENT = 'model-registry';

export const damaged = (reason: string, cause?: unknown): StageError =>
  stageError('model', COMPONENT, reason, cause);

/**
 * Checks the files of a release against its manifest. What has been checked once is remembered by path, size and time of
 * change, so that opening a release again costs one `stat` a file.
 */
export class ReleaseVerification {
  readonly #verified = new Map<string, string>();

  /**
   * Every file must be a plain file of the stated size and SHA-256. Sizes of all come first: a truncated file is found
   * without reading gigabytes.
   */
  async verify(folder: string, manifest: ReleaseManifest): Promise<Result<void, StageError>> {
    const pending: { path: string; file: ManifestFile; state: string }[] = [];
    for (const file of manifest.files) {
      const path = join(folder, file.path);
      const inspected = await this.#inspect(path, file, manifest.version);
      if (!inspected.ok) return inspected;
      const state = `${inspected.value} ${file.sha256}`;
      if (this.#verified.get(path) !== state) pending.push({ path, file, state });
    }
    for (const { path, file, state } of pending) {
      const checked = await this.#checkContent(path, file, manifest.version);
      if (!checked.ok) return checked;
      this.#verified.set(path, state);
    }
    return ok(undefined);
  }

  /** Forgets what is known of files below a folder. */
  forget(folder: string): void {
    for (const path of this.#verified.keys()) if (path.startsWith(folder + sep)) this.#verified.delete(path);
  }

  async #inspect(path: string, file: ManifestFile, version: string): Promise<Result<string, StageError>> {
    try {
      // lstat: a link could lead to a file that changes after the check.
      const stats = await lstat(path, { bigint: true });
      if (!stats.isFile()) return err(damaged(`release ${version}: ${file.path} is not a plain file`));
      if (stats.size !== BigInt(file.bytes))
        return err(
          damaged(
            `release ${version}: ${file.path} has ${stats.size} bytes, the manifest says ${file.bytes}`,
          ),
        );
      return ok(`${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`);
    } catch (error) {
      return err(this.#unreadable(error, file, version));
    }
  }

  async #checkContent(path: string, file: ManifestFile, version: string): Promise<Result<void, StageError>> {
    try {
      const sha256 = await sha256OfFile(path);
      if (sha256 === file.sha256) return ok(undefined);
      return err(
        damaged(
          `release ${version}: ${file.path} is damaged: SHA-256 ${sha256}, the manifest says ${file.sha256}`,
        ),
      );
    } catch (error) {
      return err(this.#unreadable(error, file, version));
    }
  }

  #unreadable(error: unknown, file: ManifestFile, version: string): StageError {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return damaged(`release ${version}: ${file.path} is missing`, error);
    return stageError('dependency', COMPONENT, `release ${version}: ${file.path}: ${reasonOf(error)}`, error);
  }
}
