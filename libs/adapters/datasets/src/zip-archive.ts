import { createReadStream, createWriteStream } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { DatasetError } from './dataset-error';

const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;

/** A file inside a ZIP archive. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly localOffset: number;
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await handle.read(buffer, 0, length, position);
  if (bytesRead < length) throw new RangeError('ends too early');
  return buffer;
}

async function readDirectory(handle: FileHandle, size: number): Promise<ZipEntry[]> {
  const tailBytes = Math.min(size, END_BYTES + COMMENT_BYTES_MAX);
  const tail = await readAt(handle, size - tailBytes, tailBytes);
  let end = tail.length - END_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END_SIGNATURE) end -= 1;
  if (end < 0) throw new RangeError('is no ZIP archive, or is cut short');
  const count = tail.readUInt16LE(end + 10);
  const directory = await readAt(handle, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count;) {
    if (directory.readUInt32LE(at) !== ENTRY_SIGNATURE) throw new RangeError('has a damaged directory');
    const nameBytes = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes),
      method: directory.readUInt16LE(at + 10),
      compressedBytes: directory.readUInt32LE(at + 20),
      bytes: directory.readUInt32LE(at + 24),
      localOffset: directory.readUInt32LE(at + 42),
    });
    at += ENTRY_BYTES + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function dataStart(handle: FileHandle, entry: ZipEntry): Promise<number> {
  const local = await readAt(handle, entry.localOffset, LOCAL_BYTES);
  if (local.readUInt32LE(0) !== LOCAL_SIGNATURE) throw new RangeError(`has no ${entry.name} where it says`);
  return entry.localOffset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
}

interface OpenArchive {
  readonly path: string;
  readonly handle: FileHandle;
}

async function extractEntry({ path, handle }: OpenArchive, entry: ZipEntry, target: string): Promise<void> {
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw new RangeError(`${entry.name}: compression method ${entry.method} is not supported`);
  const start = await dataStart(handle, entry);
  const output = createWriteStream(target, { flags: 'wx' });
  if (entry.compressedBytes === 0) await pipeline([], output);
  else {
    const input = createReadStream(path, { start, end: start + entry.compressedBytes - 1 });
    if (entry.method === STORED) await pipeline(input, output);
    else await pipeline(input, createInflateRaw(), output);
  }
  const { size } = await stat(target);
  if (size !== entry.bytes)
    throw new RangeError(`${entry.name}: has ${size} bytes, the archive says ${entry.bytes}`);
}

/**
 * Extracts files by the last part of their names, each to a path that the caller chooses: no name of the archive ever
 * becomes a path. ZIP64 and encryption are not supported; no public data set uses them.
 *
 * @throws DatasetError when the archive is damaged or lacks a file.
 */
export async function extractZip(archive: string, targets: Readonly<Record<string, string>>): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(archive, 'r');
    const entries = await readDirectory(handle, (await handle.stat()).size);
    for (const [name, target] of Object.entries(targets)) {
      const entry = entries.find((candidate) => posix.basename(candidate.name) === name);
      if (!entry) throw new RangeError(`has no ${name}`);
      await extractEntry({ path: archive, handle }, entry, target);
    }
  } catch (error) {
    throw new DatasetError('damaged', `${posix.basename(archive)}: ${(error as Error).message}`, error);
  } finally {
    await handle?.close();
  }
}
