import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { trackedFiles } from './tracked-files';

const root = resolve(import.meta.dirname, '..');
const files = trackedFiles(root);

const FORBIDDEN_NAMES = new Set(['utils', 'util', 'common', 'helpers', 'helper', 'misc', 'shared', 'lib']);
const BINARY = /\.(png|jpg|gif|ico|gz|parquet|safetensors|hnsw|wasm|binpb)$/;

const stem = (name: string): string => name.split('.')[0];

const projectFolders = (): string[] =>
  files.filter((path) => basename(path) === 'project.json').map((path) => dirname(path));

describe('the house', () => {
  it('calls nothing utils, common, helpers or misc', () => {
    const found = files.filter((path) => path.split('/').some((part) => FORBIDDEN_NAMES.has(stem(part))));
    expect(found).toEqual([]);
  });

  it('explains every project in a README', () => {
    const silent = projectFolders().filter((folder) => {
      const readme = join(root, folder, 'README.md');
      return !existsSync(readme) || readFileSync(readme, 'utf8').trim().split('\n').length < 5;
    });
    expect(silent).toEqual([]);
  });

  it('has a project for every folder of apps and libs', () => {
    const known = new Set(projectFolders());
    const folders = ['apps', 'libs', 'libs/adapters'].flatMap((parent) =>
      readdirSync(join(root, parent))
        .map((name) => `${parent}/${name}`)
        .filter((path) => path !== 'libs/adapters' && statSync(join(root, path)).isDirectory()),
    );
    expect(folders.filter((folder) => !known.has(folder))).toEqual([]);
  });

  it('names no path of the machine it was written on', () => {
    const homes = [homedir(), root].filter((path) => path.length > 1);
    const machinePath =
      /(?<![\w.])\/(?:home|Users)\/(?!node\b)[a-z][\w-]*\/|(?<![\w.$}])\/(?:root|work)\/[\w.-]+/;
    const found = files
      .filter((path) => !BINARY.test(path) && path !== 'tests/house.spec.ts')
      .filter((path) => {
        const text = readFileSync(join(root, path), 'utf8');
        return machinePath.test(text) || homes.some((home) => text.includes(`${home}/`));
      });
    expect(found).toEqual([]);
  });

  it('keeps data and builds out of the repository', () => {
    const large = files.filter((path) => statSync(join(root, path)).size > 1024 * 1024);
    expect(large).toEqual([]);
  });

  it('runs no TypeScript without a build: every bundle that a process starts is an entry of the build', async () => {
    const { entryPoints } = await import('../scripts/build.mjs');
    const mains = files.filter((path) => /^apps\/[^/]+\/src\/main\.ts$/.test(path));
    expect(mains.filter((path) => !Object.values(entryPoints).includes(path))).toEqual([]);
  });
});
