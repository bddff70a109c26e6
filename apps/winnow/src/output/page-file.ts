import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { usageError } from '../command-error';

/**
 * Where `--html` will write its page, as an absolute path. Throws a usage error when its folder cannot be written to:
 * before hours of training, not after.
 */
export function pagePath(file: string, workingFolder: string): string {
  const path = resolve(workingFolder, file);
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    throw usageError(
      `--html: ${dirname(path)} is no folder that can be written to`,
      'make it, or name another',
    );
  }
  return path;
}
