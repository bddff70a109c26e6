import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attributionOf } from './dataset-catalogue';
import { DatasetError } from './dataset-error';
import { downloadDataset, downloadSource } from './download';
import { DOWNLOAD_SOURCES, type DownloadSource } from './download-sources';

const ATTRIBUTION = attributionOf('movielens-1m');
const digest = (algorithm: 'md5' | 'sha256', bytes: Buffer | string): string =>
  createHash(algorithm).update(bytes).digest('hex');

/** A ZIP archive of these files, compressed; checksums are left at zero, nobody reads them. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = deflateRawSync(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(text.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    parts.push(local, Buffer.from(name), data);
    directory.push(entry, Buffer.from(name));
    offset += 30 + name.length + data.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, entries, end]);
}

const overwritten = (bytes: Buffer, position: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy.fill(0xff, position, position + 4);
  return copy;
};

let targetDir: string;
let server: Server;
let base: string;
let answers: Record<string, RequestListener>;
let requests: string[];

beforeEach(async () => {
  targetDir = await mkdtemp(join(tmpdir(), 'winnow-download-'));
  answers = {};
  requests = [];
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const answer = answers[request.url ?? ''];
    if (answer) answer(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(targetDir, { recursive: true, force: true });
});

const body =
  (bytes: Buffer | string): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'content-length': Buffer.byteLength(bytes) }).end(bytes);

const plan = (source: DownloadSource) => ({ source, attribution: ATTRIBUTION, targetDir });
const FAST = { retryDelayMs: 1, stallMs: 5_000 };

describe('downloading', () => {
  const archive = zipOf({
    'set/ratings.dat': '1::1::5::978300760\n'.repeat(500),
    'set/users.dat': '',
    'set/other': 'x',
  });
  const zipSource = (overrides: Partial<DownloadSource> = {}): DownloadSource => ({
    folder: 'set',
    files: [
      {
        url: `${base}/set.zip`,
        name: 'set.zip',
        checksum: { algorithm: 'md5', hex: digest('md5', archive) },
      },
    ],
    extract: { 'ratings.dat': digest('sha256', '1::1::5::978300760\n'.repeat(500)), 'users.dat': null },
    ...overrides,
  });

  it('checks, unpacks only what is wanted, and says whose data it is', async () => {
    answers['/set.zip'] = body(archive);
    const progress: number[] = [];
    const folder = await downloadSource(plan(zipSource()), {
      ...FAST,
      onProgress: ({ receivedBytes, totalBytes }) => progress.push(receivedBytes / (totalBytes ?? 0)),
    });
    expect(folder).toBe(join(targetDir, 'set'));
    expect((await readdir(folder)).sort()).toEqual(['ATTRIBUTION.txt', 'ratings.dat', 'users.dat']);
    expect(await readFile(join(folder, 'ATTRIBUTION.txt'), 'utf8')).toContain('non-commercial');
    expect(progress.at(-1)).toBe(1);
    expect(await readdir(targetDir)).toEqual(['set']);
  });

  it('takes the checksum that the publisher keeps beside the file', async () => {
    answers['/set.zip'] = body(archive);
    answers['/set.zip.md5'] = body(`MD5 (set.zip) = ${digest('md5', archive)}\n`);
    const file = {
      url: `${base}/set.zip`,
      name: 'set.zip',
      checksum: { algorithm: 'md5' as const, url: `${base}/set.zip.md5` },
    };
    await downloadSource(plan(zipSource({ files: [file] })), FAST);
    answers['/set.zip.md5'] = body('<html>gone</html>');
    await expect(downloadSource(plan(zipSource({ files: [file] })), FAST)).rejects.toThrow(
      'holds no checksum',
    );
  });

  it.each([
    [
      'a wrong checksum',
      () => body(Buffer.concat([archive, Buffer.of(0)])),
      /md5 .*expected .*nothing was kept/,
    ],
    ['a page that is not there', () => undefined, /answered 404/],
    [
      'a transfer that breaks off',
      (): RequestListener => (_request, response) => {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(archive.subarray(0, 50));
        setTimeout(() => response.destroy(), 20);
      },
      /set\.zip/,
    ],
    [
      'a server that falls silent',
      (): RequestListener => (_request, response) => {
        response.writeHead(200, { 'content-length': archive.length });
        response.write(archive.subarray(0, 50));
      },
      /no data for 0\.1 s/,
    ],
  ])(
    'ends with an error after %s, says what to do by hand, and leaves nothing',
    async (_case, answer, message) => {
      const listener = answer();
      if (listener) answers['/set.zip'] = listener;
      const failure = await downloadSource(plan(zipSource()), { retryDelayMs: 1, stallMs: 100 }).catch(
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(DatasetError);
      expect(String(failure)).toMatch(message);
      expect(String(failure)).toContain(
        `By hand: fetch ${base}/set.zip elsewhere, unpack it and put the files into ${join(targetDir, 'set')}`,
      );
      expect(await readdir(targetDir)).toEqual([]);
    },
  );

  it('is not stopped by a server that fails once', async () => {
    answers['/set.zip'] = (request, response) => {
      if (requests.length === 1) response.writeHead(503).end();
      else body(archive)(request, response);
    };
    await downloadSource(plan(zipSource()), FAST);
    expect(requests).toEqual(['/set.zip', '/set.zip']);
  });

  it('does not ask again for what the server refuses', async () => {
    await expect(downloadSource(plan(zipSource()), FAST)).rejects.toThrow('404');
    expect(requests).toHaveLength(1);
  });

  it('without internet says so', async () => {
    const unreachable = { url: 'http://127.0.0.1:1/set.zip', name: 'set.zip' };
    await expect(downloadSource(plan(zipSource({ files: [unreachable] })), FAST)).rejects.toThrow(
      /fetch failed[\s\S]*By hand/,
    );
  });

  it('can be aborted', async () => {
    answers['/set.zip'] = (_request, response) => {
      response.writeHead(200);
      response.write('x');
    };
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('Ctrl-C')), 50);
    await expect(downloadSource(plan(zipSource()), { ...FAST, signal: abort.signal })).rejects.toThrow(
      'Ctrl-C',
    );
    expect(await readdir(targetDir)).toEqual([]);
  });

  it('refuses content that is not what the publisher describes', async () => {
    answers['/data.csv'] = body('InvoiceNo\n1\n');
    const [file] = DOWNLOAD_SOURCES['online-retail'].files;
    const source = { folder: 'online-retail', files: [{ ...file, url: `${base}/data.csv` }] };
    await expect(downloadSource(plan(source), FAST)).rejects.toThrow(/has the columns InvoiceNo, expected/);
    expect(await readdir(targetDir)).toEqual([]);
  });

  it('fetches nothing that is there already', async () => {
    answers['/ratings.dat'] = body('1::1::5::1365029107\n');
    answers['/movies.dat'] = body('1::A (2000)::X\n');
    const files = ['ratings.dat', 'movies.dat'].map((name) => ({ url: `${base}/${name}`, name }));
    await downloadSource(plan({ folder: 'movietweetings-100k', files }), FAST);
    const offline: typeof fetch = () => Promise.reject(new Error('no internet'));
    expect(await downloadDataset('movietweetings', targetDir, { fetch: offline })).toEqual({
      folder: join(targetDir, 'movietweetings-100k'),
      alreadyThere: true,
    });
    await expect(downloadDataset('movielens-1m', targetDir, { ...FAST, fetch: offline })).rejects.toThrow(
      /ml-1m\.zip: no internet/,
    );
    await expect(downloadDataset('netflix', targetDir)).rejects.toThrow('known: movielens-100k');
  });
});

describe('a ZIP archive', () => {
  const extractFrom = async (archive: Buffer): Promise<unknown> => {
    answers['/set.zip'] = body(archive);
    const source = {
      folder: 'set',
      files: [{ url: `${base}/set.zip`, name: 'set.zip' }],
      extract: { a: null },
    };
    return downloadSource(plan(source), FAST).catch((error: unknown) => error);
  };

  it.each([
    ['is no archive', Buffer.from('<html>not found</html>')],
    ['is cut short', zipOf({ a: 'text'.repeat(100) }).subarray(0, 60)],
    ['lacks a file', zipOf({ b: 'text' })],
    ['has a damaged entry', overwritten(zipOf({ a: 'text'.repeat(100) }), 33)],
  ])('that %s is refused', async (_case, archive) => {
    expect(await extractFrom(archive)).toBeInstanceOf(DatasetError);
    expect(await readdir(targetDir)).toEqual([]);
  });

  it('cannot write outside the folder', async () => {
    await extractFrom(zipOf({ '../../a': 'text' }));
    expect((await readdir(join(targetDir, 'set'))).sort()).toEqual(['ATTRIBUTION.txt', 'a']);
  });
});
