import { open, type FileHandle } from 'node:fs/promises';
import { err, ok, reasonOf, type Result } from '@winnow/domain';
import { annIndexError, type AnnIndexError } from './ann-index-error';

/** hnswlib's own header: thirteen little-endian fields, no magic number, no checksum. */
const HEADER_BYTES = 96;
const LINK_COUNT_BYTES = 4;
const LABEL_BYTES = 8;

interface HnswHeader {
  readonly elementCount: number;
  readonly bytesPerElement: number;
  readonly labelOffset: number;
  readonly vectorOffset: number;
  readonly entryPoint: number;
  readonly linksMax: number;
  readonly linksMaxBottom: number;
}

export interface IndexFileExpectation {
  readonly dimension: number;
  readonly count: number;
}

/**
 * Proves that an index file is whole and of the right dimension, without hnswlib: the library segfaults on a file of
 * another dimension and reports success when the disk was full. Reads the header and the upper layers' lengths, about
 * 1 % of the file; flipped bytes elsewhere are what the manifest's checksum is for.
 */
export async function verifyIndexFile(
  path: string,
  expected: IndexFileExpectation,
): Promise<Result<{ readonly bytes: number }, AnnIndexError>> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { size } = await handle.stat();
    const violation = await violationOf(handle, size, expected);
    return violation ? err(annIndexError('damaged', `${path}: ${violation}`)) : ok({ bytes: size });
  } catch (thrown) {
    return err(annIndexError('damaged', `${path}: ${reasonOf(thrown)}`));
  } finally {
    await handle?.close();
  }
}

async function violationOf(
  handle: FileHandle,
  size: number,
  expected: IndexFileExpectation,
): Promise<string | null> {
  if (size < HEADER_BYTES) return `${size} bytes, shorter than a header`;
  const header = parseHeader(await readAt(handle, 0, HEADER_BYTES));
  const bottomLinkBytes = LINK_COUNT_BYTES + header.linksMaxBottom * 4;
  const vectorBytes = expected.dimension * Float32Array.BYTES_PER_ELEMENT;
  if (header.elementCount !== expected.count)
    return `holds ${header.elementCount} vectors, expected ${expected.count}`;
  if (
    header.vectorOffset !== bottomLinkBytes ||
    header.labelOffset !== bottomLinkBytes + vectorBytes ||
    header.bytesPerElement !== bottomLinkBytes + vectorBytes + LABEL_BYTES
  )
    return `is not an index of dimension ${expected.dimension}`;
  if (expected.count > 0 && header.entryPoint >= expected.count)
    return 'enters at a vector that it does not have';
  const tailAt = HEADER_BYTES + header.elementCount * header.bytesPerElement;
  if (size < tailAt + header.elementCount * LINK_COUNT_BYTES)
    return `${size} bytes, its header promises more`;
  return tailViolation(await readAt(handle, tailAt, size - tailAt), header);
}

function parseHeader(bytes: DataView): HnswHeader {
  const uint64 = (at: number): number => Number(bytes.getBigUint64(at, true));
  return {
    elementCount: uint64(16),
    bytesPerElement: uint64(24),
    labelOffset: uint64(32),
    vectorOffset: uint64(40),
    entryPoint: bytes.getUint32(52, true),
    linksMax: uint64(56),
    linksMaxBottom: uint64(64),
  };
}

/** The upper layers: per vector the bytes of its links, then the links. */
function tailViolation(tail: DataView, header: HnswHeader): string | null {
  const layerBytes = LINK_COUNT_BYTES + header.linksMax * 4;
  let at = 0;
  for (let element = 0; element < header.elementCount; element += 1) {
    if (at + LINK_COUNT_BYTES > tail.byteLength) return 'ends inside its upper layers';
    const linkBytes = tail.getUint32(at, true);
    if (linkBytes % layerBytes !== 0) return 'has upper layers of an impossible length';
    at += LINK_COUNT_BYTES + linkBytes;
  }
  return at === tail.byteLength ? null : 'ends elsewhere than its upper layers do';
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<DataView> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new RangeError('file became shorter while it was read');
    done += bytesRead;
  }
  return new DataView(bytes.buffer);
}
