import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf, RELEASE_FORMAT_VERSION, type ReleaseManifest, type ReleaseVersion } from '@winnow/domain';
import { sha256OfBytes } from './checksum';

export const MANIFEST_FILE = 'manifest.json';
/** Checksum of the manifest itself, in the format of `sha256sum -c`. */
export const MANIFEST_CHECKSUM_FILE = 'manifest.json.sha256';

const VERSION_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const isInnerPath = (path: string): boolean =>
  path.length > 0 &&
  !/[\\\0]/.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** A version names a folder, so nothing in it may lead elsewhere. */
export const versionSchema = z
  .string()
  .regex(VERSION_PATTERN, 'must be letters, digits, dots, dashes and underscores')
  .transform((version) => version as ReleaseVersion);

const count = z.number().int().nonnegative();
const time = z.number().finite();
const names = z.array(z.string());
const ordinals = z.array(z.number().int().min(0).max(0xffff_ffff));

const fileSchema = z.strictObject({
  path: z.string().refine(isInnerPath, 'must lead inside the release'),
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex'),
});

/** The written form of `ReleaseManifest`; strict, because a field that nobody knows may be one that matters. */
const manifestSchema = z
  .strictObject({
    formatVersion: z.literal(RELEASE_FORMAT_VERSION),
    version: versionSchema,
    createdAtMs: time,
    parent: versionSchema.nullable(),
    codeVersion: z.string(),
    namespace: z.string(),
    featureSetHash: z.string(),
    dimension: count,
    itemCount: count,
    ordinalLimit: count,
    heads: names,
    eventTypes: names,
    seeds: z.record(z.string(), z.number()),
    dataWindow: z.strictObject({ fromMs: time, toMs: time, eventCount: count }),
    cursors: z.strictObject({ events: z.string(), catalog: z.string() }),
    index: z.strictObject({
      kind: z.enum(['hnsw', 'exact']),
      shards: count,
      m: count,
      efConstruction: count,
      efSearch: count,
      recallAt500: z.number(),
    }),
    metrics: z.record(z.string(), z.number()),
    curves: z.record(z.string(), z.array(z.number())),
    verdict: z.strictObject({ promoted: z.boolean(), reason: z.string() }),
    golden: z.strictObject({ historyOrdinals: ordinals, expectedOrdinals: ordinals }),
    files: z.array(fileSchema),
  })
  .refine(({ files }) => new Set(files.map(({ path }) => path)).size === files.length, {
    path: ['files'],
    message: 'names a file twice',
  });

/** A manifest that cannot be trusted; the message names the file and every violation. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/**
 * Checks a manifest's content.
 *
 * @throws ManifestError listing every violation by its path.
 */
export function checkManifest(value: unknown, source: string): ReleaseManifest {
  const format = formatOf(value);
  if (typeof format === 'number' && format !== RELEASE_FORMAT_VERSION)
    throw new ManifestError(
      `${source}: a release of format ${format}, made by another version of Winnow; this one reads format ` +
        `${RELEASE_FORMAT_VERSION}: train a new release with \`winnow train\``,
    );
  const parsed = manifestSchema.safeParse(withGoldenName(value));
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || '(root)'}: ${message}`,
  );
  throw new ManifestError(`${source}: ${violations.join('; ')}`);
}

/** The golden query was called `canary` before canaries were releases on trial. */
function withGoldenName(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('canary' in value)) return value;
  const { canary, ...rest } = value;
  return { golden: canary, ...rest };
}

const formatOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'formatVersion' in value ? value.formatVersion : undefined;

export const serialiseManifest = (manifest: ReleaseManifest): string =>
  `${JSON.stringify(manifest, null, 2)}\n`;

export const manifestChecksumLine = (text: string): string => `${sha256OfBytes(text)}  ${MANIFEST_FILE}\n`;

/**
 * Reads and checks the manifest of one release: checksum first, then content, then that it belongs to this folder.
 *
 * @throws ManifestError naming the file when it is damaged; the file system's error when it cannot be read.
 */
export async function readManifest(releaseFolder: string, version: ReleaseVersion): Promise<ReleaseManifest> {
  const path = join(releaseFolder, MANIFEST_FILE);
  const bytes = await readFile(path);
  const checksum = await readFile(join(releaseFolder, MANIFEST_CHECKSUM_FILE), 'utf8');
  if (checksum.trim().split(/\s+/)[0] !== sha256OfBytes(bytes))
    throw new ManifestError(`${path}: does not match ${MANIFEST_CHECKSUM_FILE}`);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new ManifestError(`${path}: ${reasonOf(error)}`);
  }
  const manifest = checkManifest(value, path);
  if (manifest.version !== version)
    throw new ManifestError(`${path}: says version ${manifest.version}, its folder says ${version}`);
  return manifest;
}
