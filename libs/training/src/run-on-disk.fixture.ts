import { access, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTensorFile, writeTensorFile } from '@winnow/model-registry';
import type { RunFolder } from './ports';

/** A run's files in a folder on disk, as releases need them to be. */
export function runOnDisk(root: string): RunFolder {
  const path = (name: string): string => join(root, name);
  const writeText = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(path(name)), { recursive: true });
    await writeFile(path(name), text);
  };
  return {
    path,
    writeText,
    has: (name) =>
      access(path(name)).then(
        () => true,
        () => false,
      ),
    readTensors: (name) => readTensorFile(path(name)),
    async writeTensors(name, file) {
      await mkdir(dirname(path(name)), { recursive: true });
      await writeTensorFile(path(name), file);
    },
    readJson: async <T>(name: string) => JSON.parse(await readFile(path(name), 'utf8')) as T,
    writeJson: (name, value) => writeText(name, JSON.stringify(value)),
    copyFrom: (source, name) => cp(source, path(name), { recursive: true }),
    clear: () => rm(root, { recursive: true, force: true }),
  };
}
