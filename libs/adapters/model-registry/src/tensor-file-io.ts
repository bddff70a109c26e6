import { mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  encodeTensorHeader,
  parseTensorHeader,
  reasonOf,
  TENSOR_HEADER_BYTES_MAX,
  tensorData,
  type NamedTensor,
  type TensorFile,
  type TensorFileEntry,
  type TensorFileHeader,
} from '@winnow/domain';
import { writeFileDurably } from './durable-files';

/** One system call moves less than 2 GiB; larger tensors go piece by piece. */
const PIECE_BYTES_MAX = 256 * 1024 * 1024;
const LENGTH_BYTES = 8;

/** A tensor file that is not what it should be; the message names the file and what is wrong with it. */
export class TensorFileError extends Error {
  override readonly name = 'TensorFileError';
  constructor(
    readonly path: string,
    reason: string,
    cause?: unknown,
  ) {
    super(`${path}: ${reason}`, { cause });
  }
}

async function readExactly(handle: FileHandle, into: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < into.length) {
    const length = Math.min(into.length - done, PIECE_BYTES_MAX);
    const { bytesRead } = await handle.read(into, done, length, position + done);
    if (bytesRead === 0) throw new RangeError(`ends at byte ${position + done}`);
    done += bytesRead;
  }
}

async function writeExactly(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(bytes.length - done, PIECE_BYTES_MAX);
    const { bytesWritten } = await handle.write(bytes, done, length, position + done);
    done += bytesWritten;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** The safetensors rule: the tensors cover the data without a hole or an overlap. */
function checkLayout({ entries }: TensorFileHeader, dataBytes: number): void {
  let covered = 0;
  for (const { name, shape, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (!shape.every(isCount) || !isCount(begin) || !isCount(end))
      throw new RangeError(`tensor ${name}: shape and offsets must be whole numbers from 0`);
    if (begin !== covered)
      throw new RangeError(`tensor ${name}: begins at byte ${begin} of the data, expected ${covered}`);
    if (end > dataBytes)
      throw new RangeError(`tensor ${name}: ends at byte ${end} of the data, which has ${dataBytes}`);
    covered = end;
  }
  if (covered !== dataBytes) throw new RangeError(`${dataBytes - covered} bytes belong to no tensor`);
}

async function readHeader(handle: FileHandle): Promise<{ header: TensorFileHeader; dataStart: number }> {
  const { size } = await handle.stat();
  if (size < LENGTH_BYTES) throw new RangeError(`${size} bytes are too few for a safetensors file`);
  const lengthBytes = new Uint8Array(LENGTH_BYTES);
  await readExactly(handle, lengthBytes, 0);
  const headerBytes = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  if (headerBytes > TENSOR_HEADER_BYTES_MAX || LENGTH_BYTES + headerBytes > size)
    throw new RangeError(`states a header of ${headerBytes} bytes, the file has ${size}`);
  const json = new Uint8Array(headerBytes);
  await readExactly(handle, json, LENGTH_BYTES);
  const header = parseTensorHeader(json);
  const dataStart = LENGTH_BYTES + headerBytes;
  checkLayout(header, size - dataStart);
  return { header, dataStart };
}

async function readTensor(
  handle: FileHandle,
  entry: TensorFileEntry,
  dataStart: number,
): Promise<NamedTensor> {
  // Its own buffer: aligned for every element type, and freed alone.
  const buffer = new ArrayBuffer(entry.end - entry.begin);
  await readExactly(handle, new Uint8Array(buffer), dataStart + entry.begin);
  return { shape: entry.shape, data: tensorData(entry.dtype, buffer) };
}

/** The entry of the tensor's first rows. */
function firstRows(entry: TensorFileEntry, rowCount: number): TensorFileEntry {
  const [rows, ...rest] = entry.shape;
  if (rows === undefined || rows <= rowCount) return entry;
  const rowBytes = (entry.end - entry.begin) / rows;
  return { ...entry, shape: [rowCount, ...rest], end: entry.begin + rowCount * rowBytes };
}

export interface ReadTensorFileOptions {
  /** Names of the tensors wanted, all by default; the others cost no memory. */
  readonly only?: readonly string[];
  /** How many leading rows to read of these tensors, where only those are wanted. */
  readonly rowsMax?: Readonly<Record<string, number>>;
}

/**
 * Reads a safetensors file: header checked against the file's size first, then every tensor into an ArrayBuffer of
 * its own with positional reads, so a file may be larger than 2 GiB.
 *
 * @throws TensorFileError naming the file when it is damaged, truncated or absent.
 */
export async function readTensorFile(path: string, options: ReadTensorFileOptions = {}): Promise<TensorFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { header, dataStart } = await readHeader(handle);
    const tensors: Record<string, NamedTensor> = {};
    for (const entry of header.entries)
      if (options.only?.includes(entry.name) ?? true)
        tensors[entry.name] = await readTensor(
          handle,
          firstRows(entry, options.rowsMax?.[entry.name] ?? Infinity),
          dataStart,
        );
    const missing = options.only?.filter((name) => !(name in tensors)) ?? [];
    if (missing.length > 0) throw new RangeError(`has no tensor ${missing.join(', ')}`);
    return { tensors, metadata: header.metadata };
  } catch (error) {
    throw new TensorFileError(path, reasonOf(error), error);
  } finally {
    await handle?.close();
  }
}

/**
 * Writes a safetensors file that any other tool reads: temporary file, fsync, rename. Missing folders are made.
 *
 * @throws RangeError when a shape does not hold its values; nothing is written then.
 */
export async function writeTensorFile(path: string, file: TensorFile): Promise<void> {
  const header = encodeTensorHeader(file);
  await mkdir(dirname(path), { recursive: true });
  await writeFileDurably(path, async (handle) => {
    await writeExactly(handle, header, 0);
    let position = header.length;
    for (const { data } of Object.values(file.tensors)) {
      await writeExactly(handle, new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
      position += data.byteLength;
    }
  });
}
