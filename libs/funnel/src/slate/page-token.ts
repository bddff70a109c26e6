import {
  err,
  hashString,
  ok,
  ordinal,
  stageError,
  type Ordinal,
  type Result,
  type StageError,
} from '@winnow/domain';

/** Longest slate over all pages; the last page's reply has no further token. */
export const PAGED_ITEMS_MAX = 2_000;

const FORMAT_VERSION = 1;
const CHECKSUM_BYTES = 4;

/** Everything that the next page must know. The server keeps nothing. */
export interface PageToken {
  readonly surface: string;
  /** The release of the page before; the next one uses the current. */
  readonly release: string;
  readonly servedOrdinals: readonly Ordinal[];
}

const clientError = (reason: string): Result<never, StageError> =>
  err(stageError('client', 'page_token', reason));

/** Layout: version u8, header length u16, header JSON, ordinals u32 little-endian …, checksum u32; base64url. */
export function encodePageToken({ surface, release, servedOrdinals }: PageToken): string {
  const header = Buffer.from(JSON.stringify({ surface, release }));
  const bytes = Buffer.alloc(3 + header.length + servedOrdinals.length * 4 + CHECKSUM_BYTES);
  bytes.writeUInt8(FORMAT_VERSION, 0);
  bytes.writeUInt16LE(header.length, 1);
  header.copy(bytes, 3);
  for (const [index, value] of servedOrdinals.entries())
    bytes.writeUInt32LE(value, 3 + header.length + index * 4);
  bytes.writeUInt32LE(checksum(bytes.subarray(0, -CHECKSUM_BYTES)), bytes.length - CHECKSUM_BYTES);
  return bytes.toString('base64url');
}

/** A `client` error for anything that `encodePageToken` has not written. */
export function decodePageToken(token: string): Result<PageToken, StageError> {
  const bytes = Buffer.from(token, 'base64url');
  const damaged = clientError('is not a token of this server; send next_page_token as it came');
  if (bytes.length < 3 + CHECKSUM_BYTES || bytes.toString('base64url') !== token) return damaged;
  if (bytes.readUInt32LE(bytes.length - CHECKSUM_BYTES) !== checksum(bytes.subarray(0, -CHECKSUM_BYTES)))
    return damaged;
  if (bytes.readUInt8(0) !== FORMAT_VERSION)
    return clientError('was made by another version of the server; start again from the first page');
  const headerEnd = 3 + bytes.readUInt16LE(1);
  const ordinalBytes = bytes.length - CHECKSUM_BYTES - headerEnd;
  if (ordinalBytes < 0 || ordinalBytes % 4 !== 0 || ordinalBytes / 4 > PAGED_ITEMS_MAX) return damaged;
  const { surface, release } = JSON.parse(bytes.subarray(3, headerEnd).toString()) as PageToken;
  const servedOrdinals = Array.from({ length: ordinalBytes / 4 }, (_, index) =>
    ordinal(bytes.readUInt32LE(headerEnd + index * 4)),
  );
  return ok({ surface, release, servedOrdinals });
}

const checksum = (bytes: Buffer): number => hashString(bytes.toString('latin1'));
