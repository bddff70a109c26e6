#!/usr/bin/env node
// The `winnow` command in a checkout: bundles the sources when they are newer than dist/, then runs the bundle.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bundle = join(root, 'dist/winnow.js');

function newestMs(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) newest = Math.max(newest, newestMs(path));
    else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
      newest = Math.max(newest, statSync(path).mtimeMs);
  }
  return newest;
}

/** An image ships dist/ without sources; there is nothing to compare then. */
function stale() {
  if (!existsSync(join(root, 'apps'))) return false;
  if (!existsSync(bundle)) return true;
  const builtMs = statSync(bundle).mtimeMs;
  return ['apps', 'libs'].some((folder) => newestMs(join(root, folder)) > builtMs);
}

if (stale()) {
  if (!existsSync(join(root, 'node_modules/esbuild'))) {
    console.error('winnow: packages are not installed. Run npm ci, or npm run demo, which does it for you.');
    process.exit(2);
  }
  const { buildAll } = await import('../scripts/build.mjs');
  await buildAll({ quiet: true });
}
await import(pathToFileURL(bundle).href);
