import { createHash, randomBytes, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@winnow/domain';
import { attributionOf, DATASET_NAMES, isDatasetName, type Attribution } from './dataset-catalogue';
import { DatasetError } from './dataset-error';
import { DOWNLOAD_SOURCES, type Checksum, type DownloadFile, type DownloadSource } from './download-sources';
import { findDataset } from './find-dataset';
import { extractZip } from './zip-archive';

export interface DownloadProgress {
  readonly file: string;
  readonly receivedBytes: number;
  /** Null when the server does not say. */
  readonly totalBytes: number | null;
}

export interface DownloadOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
  /** Pause before the second and the third attempt; the third one waits twice as long. */
  readonly retryDelayMs?: number;
  /** Without a byte for so long, an attempt has failed. */
  readonly stallMs?: number;
}

export interface DownloadedDataset {
  readonly folder: string;
  /** It was there already, and nothing was fetched. */
  readonly alreadyThere: boolean;
}

const ATTEMPTS_MAX = 3;

/** A server's answer that another attempt will not change. */
class RefusedByServer extends Error {}

interface Transfer {
  readonly url: string;
  readonly options: DownloadOptions;
}

async function openResponse({ url, options }: Transfer, signal: AbortSignal): Promise<Response> {
  const response = await (options.fetch ?? fetch)(url, { signal });
  if (response.ok) return response;
  await response.body?.cancel();
  const message = `answered ${response.status} ${response.statusText}`.trim();
  throw response.status < 500 && response.status !== 429 ? new RefusedByServer(message) : new Error(message);
}

/** Receives a body, aborting when it stalls; calls back with every piece. */
async function receive(
  transfer: Transfer,
  onPiece: (piece: Uint8Array, total: number | null) => Promise<void>,
): Promise<void> {
  const { stallMs = 30_000, signal } = transfer.options;
  const stalled = new AbortController();
  const stop = (): void => stalled.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  const stall = (): void => stalled.abort(new Error(`no data for ${stallMs / 1000} s`));
  let timer = setTimeout(stall, stallMs);
  try {
    signal?.throwIfAborted();
    const response = await openResponse(transfer, stalled.signal);
    const length = Number(response.headers.get('content-length'));
    // A length counts the bytes on the wire, which are fewer when they are compressed.
    const total = length > 0 && !response.headers.get('content-encoding') ? length : null;
    let received = 0;
    for await (const piece of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(stall, stallMs);
      received += (piece as Uint8Array).length;
      await onPiece(piece as Uint8Array, total);
    }
    if (total !== null && received !== total) throw new Error(`sent ${received} of ${total} bytes`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** `fetch failed` says nothing; its cause does. */
const causeOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause as { code?: string } | undefined) : undefined;
  return cause?.code ? `${reasonOf(error)}: ${cause.code}` : reasonOf(error);
};

async function withAttempts<T>(transfer: Transfer, attempt: () => Promise<T>): Promise<T> {
  const { retryDelayMs = 1_000, signal } = transfer.options;
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (count < ATTEMPTS_MAX && !(error instanceof RefusedByServer)) {
        await sleep(retryDelayMs * count);
        continue;
      }
      throw new DatasetError('download', `${transfer.url}: ${causeOf(error)}`, error);
    }
  }
}

async function receiveFile(transfer: Transfer, file: DownloadFile, path: string): Promise<Hash> {
  const hash = createHash(file.checksum?.algorithm ?? 'sha256');
  const handle: FileHandle = await open(path, 'w');
  try {
    let receivedBytes = 0;
    await receive(transfer, async (piece, totalBytes) => {
      hash.update(piece);
      await handle.writeFile(piece);
      receivedBytes += piece.length;
      transfer.options.onProgress?.({ file: file.name, receivedBytes, totalBytes });
    });
    await handle.sync();
  } finally {
    await handle.close();
  }
  return hash;
}

/** Text that a publisher keeps beside a file: `<md5>  name` or `MD5 (name) = <md5>`. */
async function publishedChecksum(url: string, options: DownloadOptions): Promise<Checksum> {
  const transfer = { url, options };
  const text = await withAttempts(transfer, async () => {
    const pieces: Uint8Array[] = [];
    await receive(transfer, async (piece) => void pieces.push(piece));
    return Buffer.concat(pieces).toString('utf8');
  });
  const [hex] = /\b[0-9a-f]{32}\b/i.exec(text) ?? [];
  if (hex === undefined) throw new DatasetError('download', `${url}: holds no checksum`);
  return { algorithm: 'md5', hex: hex.toLowerCase() };
}

async function downloadFile(file: DownloadFile, folder: string, options: DownloadOptions): Promise<void> {
  const path = join(folder, file.name);
  const transfer = { url: file.url, options };
  const hash = await withAttempts(transfer, () => receiveFile(transfer, file, path));
  const { checksum } = file;
  const expected = checksum && 'url' in checksum ? await publishedChecksum(checksum.url, options) : checksum;
  const actual = hash.digest('hex');
  if (expected && actual !== expected.hex)
    throw new DatasetError(
      'download',
      `${file.url}: has ${expected.algorithm} ${actual}, expected ${expected.hex}; nothing was kept`,
    );
  const problem = (await file.check?.(path)) ?? null;
  if (problem !== null) throw new DatasetError('download', `${file.url}: ${problem}; nothing was kept`);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function extract(source: DownloadSource, folder: string): Promise<void> {
  const wanted = source.extract;
  if (!wanted) return;
  const archive = join(folder, source.files[0].name);
  await extractZip(
    archive,
    Object.fromEntries(Object.keys(wanted).map((name) => [name, join(folder, name)])),
  );
  for (const [name, expected] of Object.entries(wanted)) {
    const actual = expected === null ? null : await sha256Of(join(folder, name));
    if (actual !== expected)
      throw new DatasetError(
        'download',
        `${name}: has sha256 ${actual}, expected ${expected}; nothing was kept`,
      );
  }
  await rm(archive);
}

const attributionText = (attribution: Attribution): string =>
  [
    attribution.title,
    `Licence: ${attribution.licence}`,
    attribution.terms,
    attribution.citation,
    attribution.homepage,
    '',
  ].join('\n');

async function moveIntoPlace(staged: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(staged)) await rename(join(staged, name), join(folder, name));
}

export interface DownloadPlan {
  readonly source: DownloadSource;
  readonly attribution: Attribution;
  readonly targetDir: string;
}

/**
 * Fetches, checks, unpacks and moves into place; a failure leaves the target folder as it was.
 *
 * @throws DatasetError saying what failed, and how to do it by hand.
 */
export async function downloadSource(
  { source, attribution, targetDir }: DownloadPlan,
  options: DownloadOptions = {},
): Promise<string> {
  const folder = join(targetDir, source.folder);
  const staged = join(targetDir, `tmp-${source.folder}-${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(staged, { recursive: true });
  try {
    for (const file of source.files) await downloadFile(file, staged, options);
    await extract(source, staged);
    await writeFile(join(staged, 'ATTRIBUTION.txt'), attributionText(attribution));
    await moveIntoPlace(staged, folder);
    return folder;
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    const urls = source.files.map(({ url }) => url).join(', ');
    const byHand = `By hand: fetch ${urls} elsewhere${source.extract ? ', unpack it' : ''} and put the files into ${folder}`;
    throw new DatasetError(error.kind, `${error.message}\n${byHand}`, error);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

/**
 * Fetches a data set from its publisher into a folder of `targetDir`, unless it is there already.
 *
 * @throws DatasetError when it is unknown, cannot be fetched, or is not what it should be; nothing is kept then.
 */
export async function downloadDataset(
  name: string,
  targetDir: string,
  options: DownloadOptions = {},
): Promise<DownloadedDataset> {
  if (!isDatasetName(name))
    throw new DatasetError('unknown', `there is no data set ${name}; known: ${DATASET_NAMES.join(', ')}`);
  const present = findDataset(name, { dataDirs: [targetDir] });
  if (present.ok) return { folder: present.value.folder, alreadyThere: true };
  const plan = { source: DOWNLOAD_SOURCES[name], attribution: attributionOf(name), targetDir };
  const folder = await downloadSource(plan, options);
  return { folder, alreadyThere: false };
}
