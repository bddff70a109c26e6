/** Element types that releases use, by their safetensors names. */
export type TensorDtype = 'F32' | 'F64' | 'I32' | 'U32' | 'U16' | 'U8';

/** A tensor's values, row-major. */
export type TensorData = Float32Array | Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** Values and their shape: `data.length` is the product of `shape`. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** What one safetensors file holds: tensors by name, and string metadata (JSON where it is structured). */
export interface TensorFile {
  readonly tensors: Readonly<Record<string, NamedTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where a tensor is in its file. */
export interface TensorFileEntry {
  readonly name: string;
  readonly dtype: TensorDtype;
  readonly shape: readonly number[];
  /** Byte range relative to the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/** What a file says of itself before any tensor is read. */
export interface TensorFileHeader {
  readonly entries: readonly TensorFileEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

const ARRAY_OF: Record<TensorDtype, new (buffer: ArrayBuffer) => TensorData> = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
};

/** Headers larger than this are refused: no release has one, and a damaged length must not exhaust memory. */
export const TENSOR_HEADER_BYTES_MAX = 16 * 1024 * 1024;

/** The typed array over a buffer that holds exactly one tensor. */
export const tensorData = (dtype: TensorDtype, buffer: ArrayBuffer): TensorData =>
  new ARRAY_OF[dtype](buffer);

function dtypeOf(data: TensorData): TensorDtype {
  for (const [dtype, type] of Object.entries(ARRAY_OF)) if (data instanceof type) return dtype as TensorDtype;
  throw new TypeError('not a tensor');
}

/**
 * The safetensors preamble: u64 length, then JSON, padded to 8 bytes.
 * Format: https://github.com/huggingface/safetensors
 */
export function encodeTensorHeader(file: TensorFile): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: file.metadata };
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(file.tensors)) {
    const elements = shape.reduce((product, size) => product * size, 1);
    if (elements !== data.length)
      throw new RangeError(`tensor ${name}: shape [${shape}] does not hold ${data.length} values`);
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  return bytes;
}

interface RawEntry {
  dtype: TensorDtype;
  shape: number[];
  data_offsets: [number, number];
}

/** Parses the JSON part; throws a RangeError or SyntaxError that says what is wrong with the file. */
export function parseTensorHeader(json: Uint8Array): TensorFileHeader {
  const raw = JSON.parse(new TextDecoder().decode(json)) as Record<string, unknown>;
  const entries: TensorFileEntry[] = [];
  for (const [name, value] of Object.entries(raw)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = value as RawEntry;
    const type = ARRAY_OF[dtype] as unknown as { BYTES_PER_ELEMENT: number } | undefined;
    if (!type) throw new RangeError(`tensor ${name}: dtype ${String(dtype)} is not supported`);
    const bytes = shape.reduce((product, size) => product * size, 1) * type.BYTES_PER_ELEMENT;
    if (offsets[1] - offsets[0] !== bytes)
      throw new RangeError(`tensor ${name}: ${offsets[1] - offsets[0]} bytes, its shape needs ${bytes}`);
    entries.push({ name, dtype, shape, begin: offsets[0], end: offsets[1] });
  }
  return { entries, metadata: (raw['__metadata__'] ?? {}) as Record<string, string> };
}
