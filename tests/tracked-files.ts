import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const IGNORED = new Set(['node_modules', 'dist', '.git', '.nx', '.winnow', 'data', 'tmp', 'coverage']);

/** Files that a spec writes and deletes again while others look. */
const PASSING = /\/forbidden-import-/;

/** Files of the repository, relative to its root: what git knows and what it would take in; without git, what is there. */
export function trackedFiles(root: string): readonly string[] {
  try {
    const output = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    // A file that was deleted and not yet committed is still listed.
    return output
      .split('\0')
      .filter((path) => path !== '' && !PASSING.test(path) && existsSync(join(root, path)));
  } catch {
    return walk(root, '');
  }
}

function walk(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return IGNORED.has(entry.name) ? [] : walk(root, path);
    return [path];
  });
}
