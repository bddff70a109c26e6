import { spawn } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { reasonOf } from '@winnow/domain';
import { installationFolder } from '../config.schema';
import { bytesText } from '../output/quantities';
import { failure, fine, type Finding, warning } from './finding';

const NODE_MIN = [20, 11] as const;
/** Beyond this, some native packages have no build yet. */
const NODE_TESTED_MAJORS = [20, 22];
const MEMORY_MIN_BYTES = 3 * 1024 ** 3;
const DISK_MIN_BYTES = 1024 ** 3;
const PROBE_TIMEOUT_MS = 20_000;

export function checkNode(version = process.versions.node): Finding {
  const [major, minor] = version.split('.').map(Number);
  if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1]))
    return failure(
      'Node',
      `${version} is too old`,
      `install Node 20 or 22 from https://nodejs.org (nvm install 20)`,
    );
  return NODE_TESTED_MAJORS.includes(major)
    ? fine('Node', version)
    : warning(
        'Node',
        `${version} is not one that Winnow is tested on`,
        'Node 20 and 22 are; switch if something fails',
      );
}

export function checkMemory(bytes = totalmem()): Finding {
  const detail = `${bytesText(bytes)}, ${availableParallelism()} cores`;
  return bytes < MEMORY_MIN_BYTES
    ? warning('memory', detail, 'training and all services together want about 3 GiB')
    : fine('memory', detail);
}

/** Free space where the home is, or will be. */
export async function checkDisk(home: string): Promise<Finding> {
  for (let folder = home; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder);
      const detail = `${bytesText(bavail * bsize)} free at ${folder}`;
      return bavail * bsize < DISK_MIN_BYTES
        ? warning(
            'disk',
            detail,
            'free some, or move the home with --home; a release and a log want about 1 GiB',
          )
        : fine('disk', detail);
    } catch (thrown) {
      if (dirname(folder) === folder)
        return warning('disk', reasonOf(thrown), 'check that the folder of --home can be read');
    }
  }
}

/** Runs a few lines of JavaScript in a process of their own: a broken native module may take its process down. */
function probeModule(source: string): Promise<{ readonly ok: boolean; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      cwd: installationFolder(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PROBE_TIMEOUT_MS,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2_000)));
    child.once('error', (thrown) => resolve({ ok: false, output: thrown.message }));
    child.once('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}

/** Whether the native vector index can be loaded and searched. */
export async function checkNativeIndex(): Promise<Finding> {
  const { ok } = await probeModule(`
    import hnswlib from 'hnswlib-node';
    const index = new hnswlib.HierarchicalNSW('ip', 2);
    index.initIndex(2);
    index.addPoint([1, 0], 7);
    if (index.searchKnn([1, 0], 1).neighbors[0] !== 7) process.exit(1);`);
  return ok
    ? fine('vector index', 'hnswlib-node loads and answers')
    : warning(
        'vector index',
        'hnswlib-node does not load; the exact index answers instead, too slowly beyond 100,000 items',
        'install python3, make and a C++ compiler, then: npm rebuild hnswlib-node',
      );
}
