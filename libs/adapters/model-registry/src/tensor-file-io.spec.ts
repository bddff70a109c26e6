import { mkdtemp, open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TensorFile } from '@winnow/domain';
import { readTensorFile, TensorFileError, writeTensorFile } from './tensor-file-io';

const SAMPLE: TensorFile = {
  tensors: {
    bytes: { shape: [3], data: Uint8Array.of(1, 2, 255) },
    weights: { shape: [2, 2], data: Float32Array.of(0.5, -1, Number.MAX_VALUE, 3) },
    doubles: { shape: [2], data: Float64Array.of(Math.PI, -0) },
    integers: { shape: [2], data: Int32Array.of(-7, 7) },
    ordinals: { shape: [1, 2], data: Uint32Array.of(0, 4_294_967_295) },
    codes: { shape: [1], data: Uint16Array.of(65_535) },
    nothing: { shape: [0, 64], data: new Float32Array(0) },
  },
  metadata: { config: '{"layers":[64,32]}', note: 'Fantômas' },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'winnow-tensors-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const withRawHeader = async (header: unknown, dataBytes: number): Promise<string> => {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  const path = join(folder, 'raw.safetensors');
  await writeFile(path, Buffer.concat([length, json, new Uint8Array(dataBytes)]));
  return path;
};

describe('a tensor file', () => {
  it('gives back every element type, shape and metadata entry that was written', async () => {
    const path = join(folder, 'deep', 'er', 'sample.safetensors');
    await writeTensorFile(path, SAMPLE);
    expect(await readTensorFile(path)).toEqual(SAMPLE);
    expect(await readdir(join(folder, 'deep', 'er'))).toEqual(['sample.safetensors']);
  });

  it('writes only the part of a buffer that the tensor is a view of', async () => {
    const path = join(folder, 'view.safetensors');
    const view = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    await writeTensorFile(path, { tensors: { view: { shape: [2], data: view } }, metadata: {} });
    const { tensors } = await readTensorFile(path);
    expect([...tensors['view'].data]).toEqual([1, 2]);
    expect(tensors['view'].data.buffer.byteLength).toBe(8);
  });

  it('leaves the old file alone when a new one does not add up', async () => {
    const path = join(folder, 'kept.safetensors');
    await writeTensorFile(path, SAMPLE);
    const before = await readFile(path);
    const wrong = { tensors: { a: { shape: [3], data: Float32Array.of(1) } }, metadata: {} };
    await expect(writeTensorFile(path, wrong)).rejects.toThrow('does not hold');
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(folder)).toEqual(['kept.safetensors']);
  });

  it('is refused with its name when it is cut short at any byte', async () => {
    const path = join(folder, 'cut.safetensors');
    await writeTensorFile(path, SAMPLE);
    const whole = await readFile(path);
    for (let length = 0; length < whole.length; length += 7) {
      await truncate(path, length);
      const failure = await readTensorFile(path).catch((error: unknown) => error);
      expect(failure, `${length} bytes`).toBeInstanceOf(TensorFileError);
      expect(String(failure)).toContain('cut.safetensors');
      await writeFile(path, whole);
    }
  });

  it('is refused when its header promises more than the file holds, before memory is taken', async () => {
    const path = join(folder, 'huge.safetensors');
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setBigUint64(0, 1n << 60n, true);
    await writeFile(path, bytes);
    await expect(readTensorFile(path)).rejects.toThrow(/header of \d+ bytes, the file has 16/);
  });

  it.each([
    ['overlap', { a: [0, 4], b: [0, 4] }, 4],
    ['leave a hole', { a: [0, 4], b: [8, 12] }, 12],
    ['end behind the data', { a: [0, 4], b: [4, 8] }, 6],
    ['leave bytes over', { a: [0, 4] }, 5],
  ])('is refused when its tensors %s', async (_case, offsets, dataBytes) => {
    const header = Object.fromEntries(
      Object.entries(offsets).map(([name, range]) => [
        name,
        { dtype: 'F32', shape: [1], data_offsets: range },
      ]),
    );
    await expect(readTensorFile(await withRawHeader(header, dataBytes))).rejects.toBeInstanceOf(
      TensorFileError,
    );
  });

  it.each([
    ['an unknown element type', { a: { dtype: 'F8', shape: [1], data_offsets: [0, 1] } }],
    ['a negative shape', { a: { dtype: 'F32', shape: [-1, -1], data_offsets: [0, 4] } }],
    ['no shape', { a: { dtype: 'F32', data_offsets: [0, 4] } }],
    ['a tensor that is null', { a: null }],
  ])('is refused when its header has %s', async (_case, header) => {
    await expect(readTensorFile(await withRawHeader(header, 4))).rejects.toBeInstanceOf(TensorFileError);
  });

  it('is named when it is missing', async () => {
    await expect(readTensorFile(join(folder, 'absent.safetensors'))).rejects.toThrow(
      /absent\.safetensors.*ENOENT/,
    );
  });

  it('gives the wanted tensors alone, and says which it does not have', async () => {
    const path = join(folder, 'sample.safetensors');
    await writeTensorFile(path, SAMPLE);
    const { tensors } = await readTensorFile(path, { only: ['codes'] });
    expect(Object.keys(tensors)).toEqual(['codes']);
    await expect(readTensorFile(path, { only: ['codes', 'absent'] })).rejects.toThrow('no tensor absent');
  });

  it('gives the first rows of a tensor alone', async () => {
    const path = join(folder, 'rows.safetensors');
    const table = { shape: [4, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
    await writeTensorFile(path, { tensors: { before: table, table }, metadata: {} });
    const { tensors } = await readTensorFile(path, { rowsMax: { table: 3, before: 9 } });
    expect(tensors['table']).toEqual({ shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) });
    expect(tensors['before']).toEqual(table);
  });

  it('is read correctly beyond 2 GiB', async () => {
    const path = join(folder, 'large.safetensors');
    const skipped = 3 * 1024 ** 3;
    const json = JSON.stringify({
      skipped: { dtype: 'U8', shape: [skipped], data_offsets: [0, skipped] },
      tail: { dtype: 'F64', shape: [1], data_offsets: [skipped, skipped + 8] },
    }).padEnd(256);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    // A sparse file: its size is real, its use of the disk is not.
    const handle = await open(path, 'w');
    await handle.write(Buffer.concat([length, Buffer.from(json)]), 0, 8 + json.length, 0);
    await handle.write(new Uint8Array(Float64Array.of(42).buffer), 0, 8, 8 + json.length + skipped);
    await handle.close();
    const { tensors } = await readTensorFile(path, { only: ['tail'] });
    expect([...tensors['tail'].data]).toEqual([42]);
  });
});
