import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { reasonOf } from '@winnow/domain';
import { DatasetError } from './dataset-error';

export type TextEncoding = 'utf-8' | 'latin1';

export interface TextFile {
  readonly path: string;
  readonly encoding?: TextEncoding;
  /** Told of every chunk read from the disk, in compressed bytes. */
  readonly onBytes?: (bytes: number) => void;
}

const isGzip = (path: string): boolean => path.endsWith('.gz');

function damaged(path: string, error: unknown): DatasetError {
  const remedy = isGzip(path) ? 'the file is cut short or damaged, fetch it again' : 'it cannot be read';
  return new DatasetError('damaged', `${path}: ${remedy} (${reasonOf(error)})`, error);
}

/**
 * Reads a compressed file to its end and forgets it, so that a cut one is refused before a single row of it was passed on.
 *
 * @throws DatasetError when the file is missing, cut or damaged.
 */
export async function checkReadable(path: string): Promise<void> {
  try {
    await stat(path);
    if (!isGzip(path)) return;
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    await pipeline(createReadStream(path), createGunzip(), nowhere);
  } catch (error) {
    throw damaged(path, error);
  }
}

/** The text of a file, decompressed where its name ends in `.gz`, without byte order mark, in pieces. */
export async function* readText({ path, encoding = 'utf-8', onBytes }: TextFile): AsyncGenerator<string> {
  const bytes = createReadStream(path, { highWaterMark: 256 * 1024 });
  bytes.on('data', (chunk) => onBytes?.(chunk.length));
  const decoder = new TextDecoder(encoding);
  let plain: Readable = bytes;
  if (isGzip(path)) {
    const gunzip = createGunzip({ chunkSize: 256 * 1024 });
    bytes.on('error', (error) => gunzip.destroy(error));
    plain = bytes.pipe(gunzip);
  }
  try {
    for await (const chunk of plain) yield decoder.decode(chunk as Uint8Array, { stream: true });
    yield decoder.decode();
  } catch (error) {
    throw damaged(path, error);
  } finally {
    plain.destroy();
    bytes.destroy();
  }
}
