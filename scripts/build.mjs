// Bundles every process and worker of the repository into dist/, one file each, npm packages left external.
import { build } from 'esbuild';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Output name in dist/ → source. Workers and child processes are entries of their own. */
export const entryPoints = {
  orchestrator: 'apps/orchestrator/src/main.ts',
  'candidate-generation': 'apps/candidate-generation/src/main.ts',
  'light-ranker': 'apps/light-ranker/src/main.ts',
  'heavy-ranker': 'apps/heavy-ranker/src/main.ts',
  'event-collector': 'apps/event-collector/src/main.ts',
  trainer: 'apps/trainer/src/main.ts',
  winnow: 'apps/winnow/src/main.ts',
  'ann-shard.worker': 'libs/adapters/ann-index/src/ann-shard.worker.ts',
  'ann-build.process': 'libs/adapters/ann-index/src/ann-build.process.ts',
};

/** What every bundle shares; `outdir` or `outfile` is the caller's. */
export const BUNDLE_OPTIONS = {
  absWorkingDir: root,
  tsconfig: 'tsconfig.base.json',
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'linked',
  logLevel: 'warning',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

export async function buildAll({ quiet = false } = {}) {
  const startedAt = performance.now();
  const present = Object.fromEntries(
    Object.entries(entryPoints).filter(([, file]) => existsSync(join(root, file))),
  );
  const { winnow, ...processes } = present;
  await Promise.all([
    build({ ...BUNDLE_OPTIONS, outdir: 'dist', entryPoints: processes, splitting: false }),
    // A command loads what it uses: DuckDB and TF.js would double the time until `winnow recommend` answers.
    ...(winnow
      ? [
          build({
            ...BUNDLE_OPTIONS,
            outdir: 'dist',
            entryPoints: { winnow },
            splitting: true,
            chunkNames: 'winnow-[name]-[hash]',
          }),
        ]
      : []),
  ]);
  if (!quiet)
    console.log(
      `built ${Object.keys(present).length} entries in ${Math.round(performance.now() - startedAt)} ms`,
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildAll();
