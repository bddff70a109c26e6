import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { ManifestFile, ReleaseManifest } from '@winnow/domain';
import { sha256OfFile } from './checksum';
import { syncFile, syncFolder } from './durable-files';
import {
  checkManifest,
  MANIFEST_CHECKSUM_FILE,
  MANIFEST_FILE,
  manifestChecksumLine,
  serialiseManifest,
} from './manifest';
import { createTemporaryFolder } from './temporary-folders';

const OWN_FILES = new Set([MANIFEST_FILE, MANIFEST_CHECKSUM_FILE]);

/** Files of a folder, by path with `/`, sorted; refuses anything that is not a plain file. */
async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const path of await readdir(folder, { recursive: true })) {
    const stats = await lstat(join(folder, path));
    if (stats.isDirectory()) continue;
    if (!stats.isFile()) throw new Error(`${join(folder, path)}: a release holds plain files only`);
    files.push(path.split(sep).join('/'));
  }
  return files.filter((path) => !OWN_FILES.has(path)).sort();
}

async function describeFile(folder: string, path: string): Promise<ManifestFile> {
  const absolute = join(folder, path);
  return { path, bytes: (await stat(absolute)).size, sha256: await sha256OfFile(absolute) };
}

/** Sizes and checksums of all files below a folder, sorted by path. */
export async function describeFiles(folder: string): Promise<ManifestFile[]> {
  const described: ManifestFile[] = [];
  for (const path of await listFiles(folder)) described.push(await describeFile(folder, path));
  return described;
}

/** A second name for the same bytes where the file system can, otherwise a copy: a release may have gigabytes. */
async function placeFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}

async function syncFolders(root: string, files: readonly ManifestFile[]): Promise<void> {
  const folders = new Set([root]);
  for (const { path } of files)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
      folders.add(join(root, folder));
  for (const folder of folders) await syncFolder(folder);
}

async function writeManifest(folder: string, manifest: ReleaseManifest): Promise<void> {
  const text = serialiseManifest(manifest);
  const checksum = join(folder, MANIFEST_CHECKSUM_FILE);
  await writeFile(checksum, manifestChecksumLine(text), { flag: 'wx' });
  await syncFile(checksum);
  const path = join(folder, MANIFEST_FILE);
  await writeFile(path, text, { flag: 'wx' });
  await syncFile(path);
}

export interface StagedRelease {
  /** Temporary folder that holds the whole release, flushed to the disk and verified. */
  readonly folder: string;
  readonly manifest: ReleaseManifest;
}

/**
 * Builds a release beside its final place: every file placed, flushed, read again and compared, the manifest last.
 * On failure nothing is left.
 *
 * @throws Error when a file reads back differently, ManifestError when the manifest breaks its own rules.
 */
export async function stageRelease(options: {
  readonly root: string;
  readonly folder: string;
  readonly manifest: Omit<ReleaseManifest, 'files'>;
}): Promise<StagedRelease> {
  const files = await describeFiles(options.folder);
  if (files.length === 0) throw new Error(`${options.folder}: a release without files`);
  const manifest = checkManifest({ ...options.manifest, files }, `manifest of ${options.manifest.version}`);
  const staged = await createTemporaryFolder(options.root);
  try {
    for (const file of files) {
      const target = join(staged, file.path);
      await placeFile(join(options.folder, file.path), target);
      await syncFile(target);
      const written = await describeFile(staged, file.path);
      if (written.sha256 !== file.sha256 || written.bytes !== file.bytes)
        throw new Error(`${target}: reads back differently from what was written`);
    }
    await writeManifest(staged, manifest);
    await syncFolders(staged, files);
    return { folder: staged, manifest };
  } catch (error) {
    await rm(staged, { recursive: true, force: true });
    throw error;
  }
}

/** Renames a staged release into place. False when that version is there already; the staged folder is gone then. */
export async function moveIntoPlace(staged: StagedRelease, target: string): Promise<boolean> {
  try {
    await rename(staged.folder, target);
  } catch (error) {
    await rm(staged.folder, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
  await syncFolder(dirname(target));
  return true;
}
