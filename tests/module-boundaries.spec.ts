import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ESLint } from 'eslint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trackedFiles } from './tracked-files';

const root = resolve(import.meta.dirname, '..');
const LAYERS = ['contracts', 'core', 'funnel', 'model', 'training', 'adapter', 'platform', 'app', 'testing'];

interface Project {
  readonly name: string;
  readonly tags: readonly string[];
}

const projects = trackedFiles(root)
  .filter((path) => path.endsWith('project.json'))
  .map((path) => ({ path, project: JSON.parse(readFileSync(join(root, path), 'utf8')) as Project }));

/** Layer by folder, as the design has it. */
function expectedLayer(path: string): readonly string[] {
  if (path.startsWith('apps/')) return ['app'];
  if (path.startsWith('libs/adapters/')) return ['adapter'];
  const library = path.split('/')[1];
  if (['tensor', 'models'].includes(library)) return ['model'];
  if (['domain', 'pipeline', 'features', 'evaluation', 'reporting', 'synthetic-world'].includes(library))
    return ['core'];
  return LAYERS.includes(library) ? [library] : LAYERS;
}

describe('module boundaries', () => {
  // The rule reads the project graph that Nx leaves behind; without one it would be skipped in silence.
  beforeAll(() => {
    execFileSync(process.execPath, [join(root, 'node_modules/nx/dist/bin/nx.js'), 'show', 'projects'], {
      cwd: root,
      env: { ...process.env, NX_DAEMON: 'false' },
      stdio: 'ignore',
    });
  }, 120_000);
  // The first lint of a process loads plugins and types, which takes long on a busy machine.
  beforeAll(async () => void (await ruleViolations('libs/domain', 'export {};\n')), 240_000);

  const written: string[] = [];
  afterAll(() => written.forEach((path) => rmSync(path, { force: true })));

  /** Lints a file that exists while it is linted: the type-aware parser and Nx both look at the disk. */
  async function ruleViolations(project: string, source: string): Promise<readonly string[]> {
    const path = join(root, project, 'src', `forbidden-import-${process.pid}-${written.length}.ts`);
    written.push(path);
    writeFileSync(path, source);
    try {
      const [result] = await new ESLint({ cwd: root }).lintFiles([path]);
      return result.messages.map(({ ruleId, message }) => `${ruleId}: ${message}`);
    } finally {
      rmSync(path, { force: true });
    }
  }

  it('every project carries exactly one layer tag, and the one its folder says', () => {
    expect(projects.length).toBeGreaterThan(20);
    for (const { path, project } of projects) {
      const layers = project.tags.filter((tag) => tag.startsWith('layer:')).map((tag) => tag.slice(6));
      expect(layers, path).toHaveLength(1);
      expect(expectedLayer(path), path).toContain(layers[0]);
    }
  });

  it('every library is known by one import name', () => {
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8')) as {
      compilerOptions: { paths: Record<string, readonly string[]> };
    };
    const named = Object.values(compilerOptions.paths).map(([file]) => file.slice(2));
    const libraries = projects.filter(({ path }) => path.startsWith('libs/'));
    expect(named.sort()).toEqual(
      libraries.map(({ path }) => path.replace('project.json', 'src/index.ts')).sort(),
    );
  });

  it.each([
    ['the core importing an adapter', 'libs/pipeline', '@winnow/online-store', 'layer:core'],
    ['the funnel importing models', 'libs/funnel', '@winnow/models', 'layer:funnel'],
    ['models importing the platform', 'libs/models', '@winnow/platform', 'layer:model'],
    ['an adapter importing the platform', 'libs/adapters/event-log', '@winnow/platform', 'layer:adapter'],
    ['an app importing what is for tests', 'apps/orchestrator', '@winnow/testing', 'layer:app'],
  ])('refuses %s', async (_title, project, imported, tag) => {
    const violations = await ruleViolations(
      project,
      `import * as forbidden from '${imported}';\nvoid forbidden;\n`,
    );
    expect(violations.join('\n')).toContain('@nx/enforce-module-boundaries');
    expect(violations.join('\n')).toContain(tag);
  });

  it.each([
    ['TF.js in the orchestrator', 'apps/orchestrator', '@tensorflow/tfjs-core', 'TF.js belongs to'],
    ['Redis in the funnel', 'libs/funnel', 'ioredis', 'Redis and BullMQ belong to'],
    ['gRPC in models', 'libs/models', '@grpc/grpc-js', 'gRPC belongs to'],
    ['files in the domain', 'libs/domain', 'node:fs', 'The core does no I/O'],
  ])('refuses %s', async (_title, project, imported, message) => {
    const violations = await ruleViolations(
      project,
      `import * as forbidden from '${imported}';\nvoid forbidden;\n`,
    );
    expect(violations.join('\n')).toContain('no-restricted-imports');
    expect(violations.join('\n')).toContain(message);
  });

  it('lets through what the layers allow', async () => {
    const source = `import { ok } from '@winnow/domain';\nexport const allowed = ok(1);\n`;
    expect(await ruleViolations('libs/funnel', source)).toEqual([]);
  });
});
