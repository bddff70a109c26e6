import { open, type FileHandle } from 'node:fs/promises';
import { encodeTensorHeader, parseTensorHeader, reasonOf, TENSOR_HEADER_BYTES_MAX } from '@winnow/domain';
import { annIndexError, AnnIndexFailure } from './ann-index-error';

const ROWS_PER_READ = 4096;
const TENSOR_NAME = 'vectors';

export interface VectorBlock {
  /** `[rowCount, dimension]`; reused by the next block. */
  readonly vectors: Float32Array;
  readonly firstRow: number;
  readonly rowCount: number;
}

/** The tensor `vectors` F32 `[rowCount, dimension]` of a safetensors file, read in place and never held whole. */
export class VectorsFile {
  private constructor(
    private readonly handle: FileHandle,
    private readonly begin: number,
    readonly rowCount: number,
    readonly dimension: number,
  ) {}

  /** Throws an AnnIndexFailure (`damaged`) when the file holds no such tensor or is shorter than it says. */
  static async open(path: string, dimension: number): Promise<VectorsFile> {
    const handle = await open(path, 'r').catch((thrown: unknown) => {
      throw new AnnIndexFailure(annIndexError('damaged', `${path}: ${reasonOf(thrown)}`));
    });
    try {
      const { begin, rowCount } = await locate(handle, dimension);
      return new VectorsFile(handle, begin, rowCount, dimension);
    } catch (thrown) {
      await handle.close();
      throw new AnnIndexFailure(annIndexError('damaged', `${path}: ${reasonOf(thrown)}`));
    }
  }

  async *blocks(): AsyncGenerator<VectorBlock> {
    const vectors = new Float32Array(Math.min(ROWS_PER_READ, this.rowCount) * this.dimension);
    for (let firstRow = 0; firstRow < this.rowCount; firstRow += ROWS_PER_READ) {
      const rowCount = Math.min(ROWS_PER_READ, this.rowCount - firstRow);
      await this.read(firstRow, rowCount, vectors);
      yield { vectors, firstRow, rowCount };
    }
  }

  /** One row, `[dimension]`. */
  async row(row: number): Promise<Float32Array> {
    const vector = new Float32Array(this.dimension);
    await this.read(row, 1, vector);
    return vector;
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  private async read(firstRow: number, rowCount: number, into: Float32Array): Promise<void> {
    const rowBytes = this.dimension * Float32Array.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(into.buffer, 0, rowCount * rowBytes);
    let done = 0;
    while (done < bytes.length) {
      const position = this.begin + firstRow * rowBytes + done;
      const { bytesRead } = await this.handle.read(bytes, done, bytes.length - done, position);
      if (bytesRead === 0)
        throw new AnnIndexFailure(
          annIndexError('damaged', 'the vectors file became shorter while it was read'),
        );
      done += bytesRead;
    }
  }
}

async function locate(handle: FileHandle, dimension: number): Promise<{ begin: number; rowCount: number }> {
  const { size } = await handle.stat();
  const preamble = new Uint8Array(8);
  await handle.read(preamble, 0, 8, 0);
  const headerBytes = Number(new DataView(preamble.buffer).getBigUint64(0, true));
  if (headerBytes > TENSOR_HEADER_BYTES_MAX || 8 + headerBytes > size)
    throw new RangeError('not a safetensors file');
  const json = new Uint8Array(headerBytes);
  await handle.read(json, 0, headerBytes, 8);
  const entry = parseTensorHeader(json).entries.find(({ name }) => name === TENSOR_NAME);
  if (!entry) throw new RangeError(`no tensor named ${TENSOR_NAME}`);
  const [rowCount, columnCount] = entry.shape;
  if (entry.dtype !== 'F32' || entry.shape.length !== 2 || columnCount !== dimension)
    throw new RangeError(`tensor is ${entry.dtype} [${entry.shape}], expected F32 [rows, ${dimension}]`);
  if (8 + headerBytes + entry.end > size) throw new RangeError('file is shorter than its header says');
  return { begin: 8 + headerBytes + entry.begin, rowCount };
}

/** Writes `vectors` `[rows, dimension]` so that {@link VectorsFile} can read it. */
export async function writeVectorsFile(
  path: string,
  vectors: Float32Array,
  dimension: number,
): Promise<void> {
  const shape = [vectors.length / dimension, dimension];
  const header = encodeTensorHeader({ tensors: { [TENSOR_NAME]: { shape, data: vectors } }, metadata: {} });
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(header);
    await handle.writeFile(new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
  } finally {
    await handle.close();
  }
}
