// Bundles one file of bench/ and runs it: node scripts/run-bench.mjs NAME [options].
import { build } from 'esbuild';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildAll, BUNDLE_OPTIONS } from './build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [name, ...options] = process.argv.slice(2);
const source = join(root, 'bench', `${name}.ts`);
if (!name || !existsSync(source)) {
  const names = readdirSync(join(root, 'bench')).flatMap((file) =>
    file.endsWith('.ts') ? [file.slice(0, -3)] : [],
  );
  console.error(`usage: node scripts/run-bench.mjs NAME [options]\nbenches: ${names.join(', ')}`);
  process.exit(2);
}
const isHelp = options.includes('--help');
if (isHelp)
  console.log(
    readFileSync(source, 'utf8')
      .match(/\/\*\*\n([^]*?)\n \*\//)?.[1]
      .replaceAll(/^ \* ?/gm, '') ?? name,
  );
// The services and workers that a bench starts are bundles, too; these start none.
if (!isHelp && !['training', 'rankers', 'frames', 'calls'].includes(name)) await buildAll({ quiet: true });
const outfile = join(root, 'dist', `bench-${name}.js`);
await build({ ...BUNDLE_OPTIONS, entryPoints: [source], outfile });
process.argv = [process.execPath, outfile, ...options];
await import(pathToFileURL(outfile).href);
