import { open, readFile, rm, mkdtemp } from 'node:fs/promises';
import { openSync, readSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { seededRandom } from '@winnow/domain';
import { readTensorFile } from '@winnow/model-registry';

const MEBIBYTE = 1024 * 1024;
const DIMENSION = 64;
const RANDOM_ROWS = 20_000;
const ROWS_PER_PIECE = 10_000;

/** How a table of weights gets from a file into memory. */
export interface LoadingFigures {
  readonly way: string;
  readonly ms: number;
  /** What the process grew by at its largest. */
  readonly grownMebibytes: number;
  readonly microsecondsPerRow: number;
}

/** One way, on a file that the system has cached: memory and copies are compared, not disks. */
export async function measureLoading(options: {
  readonly rowCount: number;
  /** 0 … {@link LOADING_WAY_COUNT}. */
  readonly way: number;
  readonly seed: number;
}): Promise<LoadingFigures> {
  const { rowCount, way, seed } = options;
  const folder = await mkdtemp(join(tmpdir(), 'winnow-bench-loading-'));
  try {
    const path = join(folder, 'table.safetensors');
    await writeTable(path, rowCount, seed);
    const [name, load] = Object.entries(WAYS)[way];
    const before = process.resourceUsage().maxRSS;
    const startedAtMs = performance.now();
    const table = await load(path);
    const ms = performance.now() - startedAtMs;
    if (table.length !== rowCount * DIMENSION) throw new Error(`${name} gave ${table.length} values`);
    return {
      way: name,
      ms,
      grownMebibytes: ((process.resourceUsage().maxRSS - before) * 1024) / MEBIBYTE,
      microsecondsPerRow: randomRows(path, rowCount, seed),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Piece by piece, so that this process is small when the clock starts. */
async function writeTable(path: string, rowCount: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const data = Float32Array.from({ length: ROWS_PER_PIECE * DIMENSION }, () => random());
  const bytes = 4 * rowCount * DIMENSION;
  const json = JSON.stringify({
    table: { dtype: 'F32', shape: [rowCount, DIMENSION], data_offsets: [0, bytes] },
  });
  const preamble = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  preamble.writeBigUInt64LE(BigInt(preamble.length - 8), 0);
  preamble.write(json, 8);
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(preamble);
    for (let left = rowCount; left > 0; left -= ROWS_PER_PIECE)
      await handle.writeFile(new Uint8Array(data.buffer, 0, 4 * DIMENSION * Math.min(left, ROWS_PER_PIECE)));
  } finally {
    await handle.close();
  }
}

const WAYS: Readonly<Record<string, (path: string) => Promise<Float32Array>>> = {
  'positioned reads into its own array': async (path) =>
    (await readTensorFile(path)).tensors['table'].data as Float32Array,
  'whole file, then a copy that is aligned': async (path) => {
    const bytes = await readFile(path);
    const header = 8 + Number(bytes.readBigUInt64LE(0));
    const table = new Float32Array((bytes.length - header) / 4);
    new Uint8Array(table.buffer).set(bytes.subarray(header));
    return table;
  },
  'pieces of a stream, put together': async (path) => {
    const handle = await open(path);
    const pieces: Buffer[] = [];
    for await (const piece of handle.createReadStream()) pieces.push(piece as Buffer);
    const bytes = Buffer.concat(pieces);
    const header = 8 + Number(bytes.readBigUInt64LE(0));
    const table = new Float32Array((bytes.length - header) / 4);
    new Uint8Array(table.buffer).set(bytes.subarray(header));
    return table;
  },
};

export const LOADING_WAY_COUNT = Object.keys(WAYS).length;

/** Microseconds to read one row of 64 values at a random place, with a system call of its own. */
function randomRows(path: string, rowCount: number, seed: number): number {
  const file = openSync(path, 'r');
  const random = seededRandom(seed);
  const row = new Uint8Array(4 * DIMENSION);
  const startedAtMs = performance.now();
  for (let read = 0; read < RANDOM_ROWS; read += 1)
    readSync(file, row, 0, row.length, Math.floor(random() * rowCount) * row.length);
  return (1000 * (performance.now() - startedAtMs)) / RANDOM_ROWS;
}
