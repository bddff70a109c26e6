import { access, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readTensorFile, writeTensorFile } from '@winnow/model-registry';
import type { TensorFile } from '@winnow/domain';
import type { RunFolder } from '@winnow/training';

/** A run's files in a folder of their own: `$WINNOW_HOME/runs/<run id>`. */
export class FileRunFolder implements RunFolder {
  constructor(private readonly folder: string) {}

  path(name: string): string {
    return join(this.folder, name);
  }

  async has(name: string): Promise<boolean> {
    return access(this.path(name)).then(
      () => true,
      () => false,
    );
  }

  readTensors(name: string): Promise<TensorFile> {
    return readTensorFile(this.path(name));
  }

  async writeTensors(name: string, file: TensorFile): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeTensorFile(this.path(name), file);
  }

  async readJson<T>(name: string): Promise<T> {
    return JSON.parse(await readFile(this.path(name), 'utf8')) as T;
  }

  writeJson(name: string, value: unknown): Promise<void> {
    return this.writeText(name, JSON.stringify(value, null, 1));
  }

  async writeText(name: string, text: string): Promise<void> {
    const path = this.path(name);
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    await writeFile(temporary, text);
    await rename(temporary, path);
  }

  async copyFrom(source: string, name: string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await cp(source, this.path(name), { recursive: true });
  }

  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
